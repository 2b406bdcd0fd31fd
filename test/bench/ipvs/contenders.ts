import { insideNetns } from '../../../src/dataplane/netlink/libc.ts';
import { Ipvs } from '../../../src/dataplane/ipvs/apply.ts';
import { closeSync } from 'node:fs';
import type { PartReport } from '../../../src/dataplane/part.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../../src/model/virtual-server.ts';
import { freshNetns, ipvsadm, linesOf, realServerLine, restoring } from '../../kernel/ipvsadm.ts';
import { firstOf, RANGES, type Wanted } from './workload.ts';

type Work = () => unknown;

/**
 * One of the two that are compared, on an IPVS table of its own. Methods prepare, and return the work whose time
 * counts: from what is wanted, which is there already, to the kernel's answer.
 */
export interface Contender {
  /** The network namespace with the table. */
  readonly netns: number;
  load(wanted: Wanted): Work;
  read(): Work;
  /** Edits one real server of each of the virtual servers; `wanted` is the table as it is to be, with them. */
  change(wanted: Wanted, servers: readonly VirtualServer[]): Work;
  close(): void;
}

/** What people use by hand, and what programs without netlink call. */
export class Ipvsadm implements Contender {
  readonly netns = freshNetns();

  load(wanted: Wanted): Work {
    return restoring(this.netns, [...wanted.values()].flatMap(linesOf));
  }

  read(): Work {
    return () => ipvsadm(this.netns, ['-Sn']);
  }

  /** One change is a command line; for several, one `--restore` is the cheapest that ipvsadm can do. */
  change(_wanted: Wanted, servers: readonly VirtualServer[]): Work {
    const lines = servers.map((server) => realServerLine('-e', server, firstOf(server)));
    const [line, ...more] = lines;
    if (line === undefined || more.length > 0) return restoring(this.netns, lines);
    return () => ipvsadm(this.netns, line.split(' '));
  }

  close(): void {
    ipvsadm(this.netns, ['-C']);
    closeSync(this.netns);
  }
}

/** What the agent calls. */
export class Fairlead implements Contender {
  readonly netns = freshNetns();
  readonly #ipvs = insideNetns(this.netns, () => new Ipvs(RANGES));
  /** The changes that the last audit made. */
  writes = 0;

  load(wanted: Wanted): Work {
    return async () => settled(await this.#ipvs.ensure(wanted, wanted.keys()));
  }

  read(): Work {
    return () => this.#ipvs.read();
  }

  change(wanted: Wanted, servers: readonly VirtualServer[]): Work {
    return async () => settled(await this.#ipvs.ensure(wanted, servers.map(virtualServerKey)));
  }

  get messagesSent(): number {
    return this.#ipvs.messages.sent;
  }

  async follow(wanted: Wanted, changed: ReadonlySet<VirtualServerKey>): Promise<void> {
    if (settled(await this.#ipvs.ensure(wanted, changed)) !== 1) throw new Error('expected one change');
  }

  /** Reads everything and compares: there is nothing to find. */
  audit(wanted: Wanted): Work {
    return async () => (this.writes = settled(await this.#ipvs.audit(wanted, Number.POSITIVE_INFINITY)));
  }

  close(): void {
    this.#ipvs.close();
    ipvsadm(this.netns, ['-C']);
    closeSync(this.netns);
  }
}

function settled({ changes, problems }: PartReport): number {
  if (problems.length > 0) throw new Error(`the kernel did not take all: ${problems.slice(0, 3).join('; ')}`);
  return changes.length;
}
