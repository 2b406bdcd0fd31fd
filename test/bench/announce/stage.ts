import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import { PEER } from '../../unit/bgp/sample.ts';
import { Network } from '../../scenario/gobgpd-network.ts';
import { becomeSwitch, Gobgpd } from '../../scenario/gobgpd.ts';

export const RANGE = '10.99.66.0/23';
export const NODE = { address: '10.22.108.100', as: 64512 };
const SWITCH = { address: '10.22.108.1', as: 64500 };
const SESSION = { ...PEER, holdTimeSeconds: 90, keepaliveSeconds: 30 };

export const PEERS: WantedBgp['peers'] = [{ ...SESSION, ...SWITCH }];

/** A gobgpd for the node, and another one as its switch, in a network of their own. */
export class Stage {
  readonly #network: Network;
  readonly #ours: Gobgpd;
  readonly #switch: Gobgpd;
  /** Each UPDATE of the node, and when the switch had told of it, by the clock of this process. */
  readonly updates: { readonly at: number; readonly withdrawn: boolean }[] = [];

  static async open(): Promise<Stage> {
    const network = await Network.create(NODE.address, [SWITCH.address]);
    const [ours, peer] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
    await becomeSwitch(peer, SWITCH.address, SWITCH.as, { ...SESSION, ...NODE });
    return new Stage(network, ours, peer);
  }

  private constructor(network: Network, ours: Gobgpd, peer: Gobgpd) {
    this.#network = network;
    this.#ours = ours;
    this.#switch = peer;
    peer.watchUpdates(({ from, withdrawn }) => {
      if (from === NODE.address) this.updates.push({ at: performance.now(), withdrawn });
    });
  }

  get target(): string {
    return this.#ours.target;
  }

  async close(): Promise<void> {
    await Promise.all([this.#ours[Symbol.asyncDispose](), this.#switch[Symbol.asyncDispose]()]);
    await this.#network[Symbol.asyncDispose]();
  }
}
