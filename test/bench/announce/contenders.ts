import { createSpeaker } from '../../../src/bgp/gobgp-speaker.ts';
import type { LocalPath } from '../../../src/bgp/gobgp.ts';
import { oneAtATime } from '../../../src/bgp/one-at-a-time.ts';
import { reconcileOnce } from '../../../src/bgp/reconcile.ts';
import { type BgpState, NEVER_SEEN, type Speaker, type WantedBgp } from '../../../src/bgp/speaker.ts';
import { GobgpV3 } from '../../../src/bgp/v3/api.ts';
import type { Prefix } from '../../../src/model/address.ts';

/** A path that was announced or withdrawn: when the call was handed to gRPC, and when gobgpd had answered it. */
export interface Call {
  readonly issuedAt: number;
  readonly answeredAt: number;
}

/** gobgpd's API, with the time of each call that moves a path. */
export class TimedApi extends GobgpV3 {
  readonly calls: Call[] = [];

  override addPath(path: LocalPath): Promise<void> {
    return this.#timed(() => super.addPath(path));
  }

  override deletePath(prefix: Prefix): Promise<void> {
    return this.#timed(() => super.deletePath(prefix));
  }

  async #timed(call: () => Promise<void>): Promise<void> {
    const answer = call();
    const issuedAt = performance.now();
    await answer;
    this.calls.push({ issuedAt, answeredAt: performance.now() });
  }
}

export type Contender = (target: string, api: TimedApi, onChange: () => void) => Speaker;

/** Who takes part; `readFirst` is how fairlead did it before: all is read before anything is written. */
export const CONTENDERS = {
  ours: (target, api, onChange) => createSpeaker({ target, log: QUIET, onChange }, api),
  readFirst: (_, api, onChange) => new ReadFirst(api, onChange),
} as const satisfies Record<string, Contender>;
export type ContenderName = keyof typeof CONTENDERS;

const QUIET = { debug: () => undefined, info: () => undefined, warn: () => undefined };

class ReadFirst implements Speaker {
  readonly #api: TimedApi;
  readonly #onChange: () => void;
  readonly #pass = oneAtATime(() => this.#read());
  #wanted: WantedBgp | undefined;
  #state: BgpState = NEVER_SEEN;

  constructor(api: TimedApi, onChange: () => void) {
    this.#api = api;
    this.#onChange = onChange;
  }

  set(wanted: WantedBgp): void {
    this.#wanted = wanted;
    void this.reconcile();
  }

  state(): BgpState {
    return this.#state;
  }

  reconcile(): Promise<BgpState> {
    return this.#pass();
  }

  async close(): Promise<void> {
    await this.reconcile();
    this.#api.close();
  }

  async #read(): Promise<BgpState> {
    const { state } = await reconcileOnce(this.#api, this.#wanted, () => true, {
      isFutile: () => false,
      forNow: (wanted) => wanted,
    });
    this.#state = { ...state, withdrawingSince: undefined };
    this.#onChange();
    return this.#state;
  }
}
