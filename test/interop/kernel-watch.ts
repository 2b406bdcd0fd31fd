import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Prefix } from '../../src/model/address.ts';
import type { Host } from './lan.ts';

export interface RouteChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** Whether there was a route afterwards. */
  readonly there: boolean;
}

/** A table that no daemon reads. */
const UNREAD_TABLE = '4242';

/** What a kernel says of its route for a prefix, from now on. */
export class KernelWatch {
  readonly changes: RouteChange[] = [];
  readonly #process: ChildProcess;
  #listens = false;

  private constructor(process: ChildProcess) {
    this.#process = process;
  }

  /** Resolves once it hears everything: `ip monitor` does not say so, so that a route of no meaning is changed until it tells. */
  static async start(host: Host, prefix: Prefix): Promise<KernelWatch> {
    const argv = ['env', 'TZ=UTC', 'ip', '-oneline', '-tshort', 'monitor', 'route'];
    const watch = new KernelWatch(host.spawn(argv, ['ignore', 'pipe', 'inherit']));
    watch.#read(prefix);
    while (!watch.#listens) {
      const route = ['blackhole', '198.51.100.1', 'table', UNREAD_TABLE];
      await host.run('ip', 'route', 'add', ...route);
      await host.run('ip', 'route', 'delete', ...route);
    }
    return watch;
  }

  stop(): void {
    this.#process.kill('SIGKILL');
  }

  #read(prefix: Prefix): void {
    const { stdout } = this.#process;
    if (stdout === null) throw new Error('expected the output of ip monitor');
    createInterface(stdout).on('line', (line) => {
      if (line.includes(`table ${UNREAD_TABLE}`)) this.#listens = true;
      const change = parseChange(line, prefix);
      if (change !== undefined) this.changes.push(change);
    });
  }
}

/** A line of `ip -oneline -tshort monitor route`; undefined where it is about another prefix. */
function parseChange(line: string, prefix: Prefix): RouteChange | undefined {
  const [, time, deleted, found] = /^\[([^\]]+)\] ?(Deleted )?(\S+)/.exec(line) ?? [];
  if (time === undefined || found !== prefix) return undefined;
  return { at: Date.parse(`${time}Z`), there: deleted === undefined };
}

/** How long there was no route: from each time it went to when it was back. */
export function withoutRoute(changes: readonly RouteChange[]): number {
  return changes.reduce((sum, { at, there }, index) => {
    const back = changes[index + 1];
    return there || back === undefined ? sum : sum + back.at - at;
  }, 0);
}
