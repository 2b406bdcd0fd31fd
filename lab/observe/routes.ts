import type { Lab } from '../lab.ts';
import type { Clock } from './clock.ts';

/** What the tor's kernel held for the range from a moment on. */
export interface RouteState {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The lb nodes it sends packets to. */
  readonly nexthops: readonly string[];
}

const RANGE = '10.99.66.0/23';
const LB_OF = new Map([
  ['10.0.2.6', 'lb1'],
  ['10.0.2.10', 'lb2'],
  ['10.0.2.14', 'lb3'],
]);

/** Follows the tor's kernel route for the range: the proof of everything, since packets follow it and nothing else. */
export class Routes {
  readonly states: RouteState[] = [];
  #watchers: (() => void)[] = [];

  static async watch(lab: Lab, now: Clock): Promise<Routes> {
    const routes = new Routes();
    await lab.spawn('tor', ['ip', '-oneline', '-tshort', 'monitor', 'route'], { onLine: (line) => routes.#hear(line) });
    const { stdout } = await lab.exec('tor', ['ip', '-oneline', 'route', 'show', RANGE]);
    routes.#add({ at: now(), nexthops: nexthopsIn(stdout) });
    return routes;
  }

  get now(): readonly string[] {
    return this.states.at(-1)?.nexthops ?? [];
  }

  /** Resolves with the first state after `since` that has exactly these next hops; undefined when the time is over. */
  until(nexthops: readonly string[], since: number, timeoutMs: number): Promise<RouteState | undefined> {
    const wanted = nexthops.join();
    return this.first((state) => state.nexthops.join() === wanted, since, timeoutMs);
  }

  /** Resolves with the first state after `since` that fits; undefined when the time is over. */
  async first(fits: (state: RouteState) => boolean, since: number, timeoutMs: number): Promise<RouteState | undefined> {
    const deadline = Date.now() + timeoutMs;
    for (;;) {
      const found = this.states.find((state) => state.at >= since && fits(state));
      if (found || Date.now() > deadline) return found;
      await this.#change(deadline - Date.now());
    }
  }

  #hear(line: string): void {
    const state = parseRouteEvent(line);
    if (state) this.#add(state);
  }

  #add(state: RouteState): void {
    this.states.push(state);
    for (const wake of this.#watchers.splice(0)) wake();
  }

  #change(timeoutMs: number): Promise<void> {
    return new Promise((resolve) => {
      setTimeout(resolve, timeoutMs + 1).unref();
      this.#watchers.push(resolve);
    });
  }
}

/** A line of `ip -oneline -tshort monitor route`: `[2026-11-23T06:45:54.712345] 10.99.66.0/23 ... nexthop via ...`. */
function parseRouteEvent(line: string): RouteState | undefined {
  const [, time, deleted, rest] = /^\[([^\]]+)\] ?(Deleted )?10\.99\.66\.0\/23 (.*)/.exec(line) ?? [];
  if (time === undefined || rest === undefined) return undefined;
  return { at: Date.parse(`${time}Z`), nexthops: deleted ? [] : nexthopsIn(rest) };
}

const nexthopsIn = (text: string): string[] =>
  [...text.matchAll(/via (\S+)/g)].map(([, address = '']) => LB_OF.get(address) ?? address).toSorted();
