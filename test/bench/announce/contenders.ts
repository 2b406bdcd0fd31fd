import { createSpeaker } from '../../../src/bgp/gobgp-speaker.ts';
import type { GobgpApi, LocalPath } from '../../../src/bgp/gobgp.ts';
import { oneAtATime } from '../../../src/bgp/one-at-a-time.ts';
import { reconcileOnce } from '../../../src/bgp/reconcile.ts';
import { type BgpState, NEVER_SEEN, type Speaker, type WantedBgp } from '../../../src/bgp/speaker.ts';
import type { Prefix } from '../../../src/model/address.ts';

/** A path that was announced or withdrawn: when the call was handed to gRPC, and when gobgpd had answered it. */
export interface Call {
  readonly issuedAt: number;
  readonly answeredAt: number;
}

/** gobgpd's API, with the time of each call that moves a path. */
export interface TimedApi extends GobgpApi {
  readonly calls: Call[];
}

export function timed(api: GobgpApi): TimedApi {
  const calls: Call[] = [];
  const [addPath, deletePath] = [api.addPath.bind(api), api.deletePath.bind(api)];
  const measure = async (call: () => Promise<void>): Promise<void> => {
    const answer = call();
    const issuedAt = performance.now();
    await answer;
    calls.push({ issuedAt, answeredAt: performance.now() });
  };
  return Object.assign(api, {
    calls,
    addPath: (path: LocalPath) => measure(() => addPath(path)),
    deletePath: (prefix: Prefix) => measure(() => deletePath(prefix)),
  });
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
