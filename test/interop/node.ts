import { connectGobgp } from '../../src/bgp/connect.ts';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import { type BgpState, NEVER_SEEN, type Speaker, type WantedBgp } from '../../src/bgp/speaker.ts';
import { Gobgpd } from '../scenario/gobgpd.ts';
import type { Host } from './lan.ts';

/** An lb node: a real gobgpd in a namespace of its own, and our own speaker that drives it from this process. */
export class LbNode {
  readonly name: string;
  readonly host: Host;
  readonly #binary: string;
  #gobgpd: Gobgpd | undefined;
  #speaker: Speaker | undefined;
  /** What the speaker has logged at info and above, since gobgpd was last new. */
  readonly log: object[] = [];

  constructor(name: string, host: Host, binary: string) {
    this.name = name;
    this.host = host;
    this.#binary = binary;
  }

  get gobgpd(): Gobgpd {
    if (this.#gobgpd === undefined) throw new Error(`${this.name} has no gobgpd yet`);
    return this.#gobgpd;
  }

  get state(): BgpState {
    return this.#speaker?.state() ?? NEVER_SEEN;
  }

  /** A gobgpd that has never heard of anything, and a speaker for it. */
  async renew(): Promise<void> {
    await this.stop();
    this.log.length = 0;
    this.#gobgpd = await Gobgpd.start(this.host, this.#binary);
    this.startAgent();
  }

  startAgent(): void {
    const line = (fields: object): void => void this.log.push(fields);
    const log = { debug: () => undefined, info: line, warn: line };
    const { target } = this.gobgpd;
    this.#speaker = createSpeaker({ target, log, onChange: () => undefined }, connectGobgp({ target }));
  }

  /** What gobgpd holds and announces stays. */
  async stopAgent(): Promise<void> {
    await this.#speaker?.close();
    this.#speaker = undefined;
  }

  /** Makes this the truth, and resolves once gobgpd has been read back. */
  async want(wanted: WantedBgp): Promise<BgpState> {
    this.#speaker?.set(wanted);
    return (await this.#speaker?.reconcile()) ?? NEVER_SEEN;
  }

  async stop(): Promise<void> {
    await this.stopAgent();
    await this.#gobgpd?.[Symbol.asyncDispose]();
    this.#gobgpd = undefined;
  }
}
