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

/** What a kernel says of its route for a prefix, from now on. */
export class KernelWatch {
  readonly changes: RouteChange[] = [];
  readonly #process: ChildProcess;

  constructor(host: Host, prefix: Prefix) {
    const argv = ['env', 'TZ=UTC', 'ip', '-oneline', '-tshort', 'monitor', 'route'];
    this.#process = host.spawn(argv, ['ignore', 'pipe', 'inherit']);
    const { stdout } = this.#process;
    if (stdout === null) return;
    createInterface({ input: stdout }).on('line', (line) => {
      const change = parseChange(line, prefix);
      if (change !== undefined) this.changes.push(change);
    });
  }

  stop(): void {
    this.#process.kill('SIGKILL');
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
