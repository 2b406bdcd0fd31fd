import type { Server } from 'node:net';
import { type Address, type Family, familyOf } from '../model/address.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Finding } from './check.ts';
import { Outpost, type Site } from './outpost.ts';
import { runRound } from './round.ts';
import type { Attempt } from './targets.ts';

/**
 * Networks of four addresses between the node and its outposts. Of IPv4 they are link-local (RFC 3927), which Linux
 * routes as any other. Of IPv6 a link-local address is good on its own link only, so they are of a unique local prefix
 * (RFC 4193); a fixed one, since none of its packets leaves the node.
 */
const PROBE: Site = {
  name: 'fairlead-probe',
  ipv4: { node: '169.254.77.1', outpost: '169.254.77.2' },
  ipv6: { node: 'fd66:6661:6972::1', outpost: 'fd66:6661:6972::2' },
};
const CANARY: Site = {
  name: 'fairlead-canary',
  ipv4: { node: '169.254.77.5', outpost: '169.254.77.6' },
  ipv6: { node: 'fd66:6661:6972::5', outpost: 'fd66:6661:6972::6' },
};
/** The interfaces of the outposts on the node. */
export const OUTPOST_LINKS: readonly string[] = [PROBE.name, CANARY.name];
/** The discard port: whoever opens it from outside is let in and out again, as by the service of that name. */
const CANARY_PORT = 9;

/** Virtual servers of our own, one of each family, with the outpost that is their real server. */
interface Canary {
  readonly virtualServers: readonly VirtualServer[];
  readonly pod: Outpost;
  readonly server: Server;
}

/**
 * Opens connections from one outpost through the node's real packet path: to served virtual servers, and where those
 * cannot tell, to a canary of our own whose real server is the second outpost.
 */
export class PathProbe {
  readonly #probe = new Outpost(PROBE);
  readonly #canary: Canary | undefined;
  readonly #families: readonly Family[];
  readonly #timeoutMs: number;
  #round = 0;

  /**
   * Nothing on the node changes before the first round.
   * @param addresses where the canary is served, one for each family to prove: the network address of a range, which
   *   Kubernetes never gives to a Service. Of IPv6 that is the subnet-router anycast address (RFC 4291 section 2.6.1).
   * @param scheduler an IPVS scheduler
   */
  static async withCanary(addresses: readonly Address[], scheduler: string, timeoutMs: number): Promise<PathProbe> {
    return new PathProbe(addresses.map(familyOf), timeoutMs, await createCanary(addresses, scheduler));
  }

  /** For a kernel that somebody else programs. */
  static withoutCanary(families: readonly Family[], timeoutMs: number): PathProbe {
    return new PathProbe(families, timeoutMs, undefined);
  }

  private constructor(families: readonly Family[], timeoutMs: number, canary: Canary | undefined) {
    this.#families = families;
    this.#timeoutMs = timeoutMs;
    this.#canary = canary;
  }

  /** The virtual servers to be put into the kernel beside those of the cluster. */
  get canaries(): readonly VirtualServer[] {
    return this.#canary?.virtualServers ?? [];
  }

  /**
   * One round: a few of the virtual servers in turn, at most two timeouts long. Never rejects.
   * @returns undefined where nothing could be tried
   */
  run(virtualServers: Iterable<VirtualServer>): Promise<Finding | undefined> {
    return runRound({
      families: this.#families,
      canaries: this.canaries,
      virtualServers,
      number: this.#round++,
      attempt: (target) => this.#attempt(target),
    });
  }

  close(): void {
    this.#probe.close();
    this.#canary?.server.close();
    this.#canary?.pod.close();
  }

  async #attempt(target: VirtualServer): Promise<Attempt> {
    const family = familyOf(target.address);
    const pod = this.canaries.includes(target) ? this.#canary?.pod : undefined;
    pod?.connect(family);
    const attempt = await this.#probe.attempt(target, this.#timeoutMs);
    const unanswered = attempt === 'timed-out' || attempt === 'failed';
    if (unanswered) for (const outpost of [this.#probe, pod]) outpost?.doubt(family);
    return attempt;
  }
}

async function createCanary(addresses: readonly Address[], scheduler: string): Promise<Canary> {
  const pod = new Outpost(CANARY);
  const { server, port } = await pod.listen();
  const virtualServers = addresses.map((address): VirtualServer => {
    const realServer = { address: CANARY[familyOf(address)].outpost, port, weight: 1 };
    const own = { protocol: 'tcp', schedulerFlags: [], persistenceSeconds: 0 } as const;
    return { ...own, address, port: CANARY_PORT, scheduler, realServers: [realServer] };
  });
  return { pod, server, virtualServers };
}
