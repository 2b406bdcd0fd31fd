import type { Server } from 'node:net';
import type { Address } from '../model/address.ts';
import { explain } from '../model/error.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Outcome } from './check.ts';
import { Outpost, type Site } from './outpost.ts';
import { describe, judge, probeable, type TargetResult, targetsOf } from './targets.ts';

/** Link-local networks (RFC 3927) between the node and its outposts. */
const PROBE: Site = { name: 'fairlead-probe', node: '169.254.77.1', outpost: '169.254.77.2' };
const CANARY: Site = { name: 'fairlead-canary', node: '169.254.77.5', outpost: '169.254.77.6' };
/** The discard port: whoever opens it from outside is let in and out again, as by the service of that name. */
const CANARY_PORT = 9;

/**
 * Opens connections from one outpost through the node's real packet path: to served virtual servers, and where those
 * cannot tell, to a canary of our own whose real server is the second outpost.
 */
export class PathProbe {
  readonly #probe: Outpost;
  readonly #pod: Outpost;
  readonly #server: Server;
  readonly #timeoutMs: number;
  /** The virtual server to be put into the kernel beside those of the cluster. */
  readonly canary: VirtualServer;
  #round = 0;

  /**
   * Sets both outposts up.
   * @param address where the canary is served: the network address of a range, which Kubernetes never gives to a Service
   * @param scheduler an IPVS scheduler
   */
  static async open(address: Address, scheduler: string, timeoutMs: number): Promise<PathProbe> {
    const pod = new Outpost(CANARY);
    const { server, port } = await pod.listen();
    const realServers = [{ address: CANARY.outpost, port, weight: 1 }];
    const canary = {
      protocol: 'tcp',
      address,
      port: CANARY_PORT,
      scheduler,
      schedulerFlags: [],
      persistenceSeconds: 0,
      realServers,
    } as const;
    return new PathProbe(new Outpost(PROBE), pod, server, canary, timeoutMs);
  }

  private constructor(probe: Outpost, pod: Outpost, server: Server, canary: VirtualServer, timeoutMs: number) {
    this.#probe = probe;
    this.#pod = pod;
    this.#server = server;
    this.#timeoutMs = timeoutMs;
    this.canary = canary;
  }

  /** One round: a few of the virtual servers in turn, at most two timeouts long. Never rejects. */
  async run(virtualServers: Iterable<VirtualServer>): Promise<Outcome> {
    try {
      return await this.#probeOnce(virtualServers);
    } catch (error) {
      // No socket to be had, as a rule. What cannot be proven does not count as proven.
      return { ok: false, detail: explain(error) };
    }
  }

  close(): void {
    this.#server.close();
    this.#probe.close();
    this.#pod.close();
  }

  async #probeOnce(virtualServers: Iterable<VirtualServer>): Promise<Outcome> {
    const targets = targetsOf(probeable(virtualServers), this.#round++);
    const results = await Promise.all(targets.map((target) => this.#attempt(target)));
    const verdict = judge(results);
    if (verdict !== 'ask-canary') return verdict;
    const canary = await this.#attempt(this.canary);
    return { ok: canary.attempt === 'connected', detail: `${describe([...results, canary])} (canary)` };
  }

  async #attempt(target: VirtualServer): Promise<TargetResult> {
    return { target, attempt: await this.#probe.attempt(target, this.#timeoutMs) };
  }
}
