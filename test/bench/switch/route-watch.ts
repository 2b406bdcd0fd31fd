import { createInterface } from 'node:readline';
import type { Host } from '../../interop/lan.ts';
import type { Address, Prefix } from '../../../src/model/address.ts';

/** What the kernel of a host does with one prefix, followed as it changes. */
export class RouteWatch {
  readonly #stop: () => void;
  readonly #waiting = new Set<() => void>();
  #nextHops: readonly Address[];
  #at = performance.now();

  private constructor(nextHops: readonly Address[], stop: () => void) {
    this.#nextHops = nextHops;
    this.#stop = stop;
  }

  /** @param nextHops what the kernel has now */
  static start(host: Host, prefix: Prefix, nextHops: readonly Address[]): RouteWatch {
    const family = prefix.includes(':') ? '-6' : '-4';
    const child = host.spawn(['ip', family, '-o', 'monitor', 'route'], ['ignore', 'pipe', 'inherit']);
    const watch = new RouteWatch(nextHops, () => child.kill());
    if (child.stdout === null) throw new Error('expected the output of ip monitor');
    createInterface(child.stdout).on('line', (line) => watch.#hear(line, prefix));
    return watch;
  }

  /** When the kernel began to lead packets so; waits until it does. Milliseconds of `performance.now()`. */
  async until(fits: (nextHops: readonly Address[]) => boolean): Promise<number> {
    while (!fits(this.#nextHops)) {
      const change = Promise.withResolvers<void>();
      this.#waiting.add(change.resolve);
      await change.promise;
    }
    return this.#at;
  }

  stop(): void {
    this.#stop();
  }

  #hear(line: string, prefix: Prefix): void {
    const nextHops = nextHopsIn(line, prefix);
    if (nextHops === undefined) return;
    this.#nextHops = nextHops;
    this.#at = performance.now();
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }
}

/** The next hops that a line of `ip -o monitor route` tells of a prefix: none where it is deleted, undefined for another one. */
export function nextHopsIn(line: string, prefix: Prefix): Address[] | undefined {
  const [, deleted, route = ''] = /^(Deleted )?(.*)$/.exec(line) ?? [];
  if (!route.startsWith(`${prefix} `)) return undefined;
  return deleted === undefined ? [...route.matchAll(/\bvia (\S+)/g)].map(([, via = '']) => via) : [];
}
