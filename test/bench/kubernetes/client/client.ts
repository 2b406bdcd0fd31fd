import { readFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { createInterface } from 'node:readline';
import { monotonicMs } from '../clock.ts';
import type { Answers, Order, Seen, Synced, Usage } from './protocol.ts';

/** Follows a cluster; what is measured is the same for all of them. */
export interface Follower {
  /**
   * Begins; resolves once everything is known.
   * @param onChange called with the key of each Service whose endpoints have changed
   */
  follow(onChange: (service: string) => void): Promise<void>;
}

/** Answers the orders of the benchmark until its end. */
export async function serve(follower: Follower): Promise<never> {
  const seen: Seen[] = [];
  const awaited = new Map<string, () => void>();
  const onChange = (service: string): void => {
    seen.push([service, monotonicMs()]);
    awaited.get(service)?.();
  };
  const obey = {
    sync: () => synced(follower, onChange),
    await: async ({ service }: { service: string }) => {
      await new Promise<void>((resolve) => awaited.set(service, resolve));
      awaited.delete(service);
      return { at: monotonicMs(), usage: usage() };
    },
    changes: () => seen.splice(0),
    memory: usage,
  } satisfies { [O in Order as O['op']]: (order: O) => Answers[O['op']] | Promise<Answers[O['op']]> };
  console.log('null');
  for await (const line of createInterface({ input: process.stdin })) {
    const order = JSON.parse(line) as Order;
    const answer = order.op === 'await' ? obey.await(order) : obey[order.op]();
    console.log(JSON.stringify(await answer));
  }
  process.exit(0);
}

async function synced(follower: Follower, onChange: (service: string) => void): Promise<Synced> {
  const before = usage();
  const begin = monotonicMs();
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  await follower.follow(onChange);
  const ms = monotonicMs() - begin;
  const after = usage();
  // What has kept the loop until now is counted at its next turn.
  await new Promise((resolve) => setTimeout(resolve, 5));
  delay.disable();
  return { before, after, ms, stallMs: delay.max / 1e6 };
}

function usage(): Usage {
  const { user, system } = process.cpuUsage();
  const { heapUsed, rss } = process.memoryUsage();
  return { cpuMs: (user + system) / 1000, rss, peakRss: peakRss(), heapUsed };
}

/** VmHWM in proc(5), in KiB there. */
function peakRss(): number {
  const [, kibibytes] = /^VmHWM:\s+(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kibibytes) * 1024;
}
