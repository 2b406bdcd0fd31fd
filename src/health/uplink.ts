import { Links } from '../dataplane/netlink/link.ts';
import type { Address } from '../model/address.ts';
import { explain } from '../model/error.ts';
import type { Finding } from './check.ts';
import { judgeUplinks } from './uplinks.ts';

/** Looks at the interfaces that the peers are reached by. Those between them and the peers are no matter of this node. */
export class UplinkCheck {
  readonly #peers: () => readonly Address[];
  readonly #links = new Links();
  #uplinks: ReadonlyMap<Address, string> = new Map();

  /**
   * Throws `kernel-refused`.
   *
   * @param peers those that there are at the moment
   */
  constructor(peers: () => readonly Address[]) {
    this.#peers = peers;
  }

  /** The names of the interfaces that the peers were reached by at the last look. */
  get names(): ReadonlySet<string> {
    return new Set(this.#uplinks.values());
  }

  look(): Finding {
    try {
      const { uplinks, ...outcome } = judgeUplinks(this.#peers().map((peer) => this.#way(peer)));
      this.#uplinks = uplinks;
      return outcome;
    } catch (error) {
      return { broken: explain(error) };
    }
  }

  close(): void {
    this.#links.close();
  }

  #way(peer: Address) {
    const index = this.#links.towards(peer);
    const former = this.#uplinks.get(peer);
    return {
      peer,
      now: index === undefined ? undefined : this.#links.state(index),
      before: former === undefined ? undefined : this.#links.state(former),
    };
  }
}
