import { Lab } from '../lab.ts';
import { eventsOf, eventUntil, type LogEvent } from '../observe/agents.ts';
import { type Clock, machineClock } from '../observe/clock.ts';
import { Routes } from '../observe/routes.ts';
import { countBy, failed, Traffic } from '../observe/traffic.ts';

export const LBS = ['lb1', 'lb2', 'lb3'] as const;

/** Something that had to be seen, and whether it was. */
export interface Sighting {
  readonly what: string;
  readonly seen: boolean;
}

/** What became of one step of the demo. Times are milliseconds after its action; undefined for what never came. */
export interface StepResult {
  readonly step: string;
  readonly title: string;
  /** When the action was taken: milliseconds since the epoch. */
  readonly at: number;
  readonly detectedAfterMs: number | undefined;
  readonly routeChangedAfterMs: number | undefined;
  /** Requests started between the action and the end of the step. */
  readonly requests: number;
  readonly failed: number;
  /** The failed ones by what the client saw. */
  readonly errors: Readonly<Record<string, number>>;
  /** Of those, the ones started after the tor's route had changed. */
  readonly failedAfterRouteChange: number | undefined;
  readonly sightings: readonly Sighting[];
}

/** The running lab and everything the demo sees of it. */
export class Stage {
  readonly lab: Lab;
  readonly routes: Routes;
  readonly traffic: Traffic;
  /** The time of the machine, in which everything is told that happens inside. */
  readonly now: Clock;
  readonly #begin: number;

  private constructor(lab: Lab, routes: Routes, traffic: Traffic, now: Clock, begin: number) {
    this.lab = lab;
    this.routes = routes;
    this.traffic = traffic;
    this.now = now;
    this.#begin = begin;
  }

  /** Brings the lab up and waits for the tor to have a path over every lb node; then the client starts to ask. */
  static async set(begin: number): Promise<Stage> {
    const tell = (text: string): void => void process.stdout.write(`${clock(begin)}  ${text}\n`);
    const lab = await Lab.up({ onProgress: (text) => tell(`set-up: ${text}`) });
    try {
      const now = await machineClock(lab);
      const routes = await Routes.watch(lab, now);
      tell('set-up: waiting for the agents to prove themselves and for the tor to have three paths');
      await routes.until(LBS, 0, 90_000);
      return new Stage(lab, routes, await Traffic.start(lab), now, begin);
    } catch (error) {
      await lab.down();
      throw error;
    }
  }

  /** A line of the time line. */
  say(text: string): void {
    process.stdout.write(`${clock(this.#begin)}  ${text}\n`);
  }

  /** The first event of an agent after `since` that fits, waited for. */
  event(
    node: string,
    fits: (event: LogEvent) => boolean,
    since: number,
    timeoutMs = 20_000,
  ): Promise<LogEvent | undefined> {
    return eventUntil(this.lab, node, fits, since, timeoutMs);
  }

  /** How many withdrawals all agents together have logged since a moment, starts and stops left out. */
  async withdrawals(since: number): Promise<number> {
    const events = (await Promise.all(LBS.map((lb) => eventsOf(this.lab, lb)))).flat();
    return events.filter(({ at, event }) => event === 'withdrawn' && at >= since).length;
  }

  /** Lets the client go on for a while, and waits until the requests of that time are known. */
  async watchTraffic(ms: number): Promise<void> {
    await new Promise((resolve) => setTimeout(resolve, ms));
    await new Promise((resolve) => setTimeout(resolve, Traffic.timeoutMs + 500));
  }

  /** Which lb nodes or pods the requests of a stretch of time went through. */
  through(key: 'lb' | 'pod', from: number, to: number): Record<string, number> {
    return countBy(this.traffic.between(from, to), key);
  }

  /** The counts of a step that began with an action at `at` and ends at `end`. */
  counts(
    at: number,
    end: number,
    routeChangedAt: number | undefined,
  ): Pick<StepResult, 'requests' | 'failed' | 'errors' | 'failedAfterRouteChange'> {
    const samples = this.traffic.between(at, end);
    const after = routeChangedAt && failed(this.traffic.between(routeChangedAt, end)).length;
    return {
      requests: samples.length,
      failed: failed(samples).length,
      errors: countBy(samples, 'error'),
      failedAfterRouteChange: after,
    };
  }
}

/** Seconds since the beginning, right-aligned. */
const clock = (begin: number): string => `${((Date.now() - begin) / 1000).toFixed(1).padStart(6)} s`;
