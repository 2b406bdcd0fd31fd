import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Finding } from '../health/check.ts';
import type { Announcement, Counts } from '../model/status.ts';
import { countPass, countRun, countSessions, countStep, noCountsYet } from './counts.ts';
import { lostBetween, type Sessions } from './sessions.ts';

/** What has happened in this process so far. It outlives the agents, one after the other, so that no count ever falls. */
export class Tally {
  #counts = noCountsYet;

  get counts(): Counts {
    return this.#counts;
  }

  announcement(before: Announcement, now: Announcement): void {
    this.#counts = countStep(this.#counts, before, now);
  }

  /** @param toldAt see `countPass` */
  pass(outcomes: readonly PartOutcome[], toldAt: number | undefined): void {
    this.#counts = countPass(this.#counts, outcomes, toldAt);
  }

  run(name: string, finding: Finding, tookMs: number): void {
    this.#counts = countRun(this.#counts, name, finding, tookMs);
  }

  sessions(before: Sessions, now: Sessions): void {
    this.#counts = countSessions(this.#counts, now.keys(), lostBetween(before, now));
  }
}
