import type { Config } from '../config/config.ts';
import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Check, Finding } from '../health/check.ts';
import { firstDelay, nextDelay } from '../health/schedule.ts';
import { explain } from '../model/error.ts';
import { type Checks, noChecksYet, record, recordPass } from './checks.ts';
import { inheritedChecks } from './legacy.ts';
import type { AgentParts } from './parts.ts';
import { Repeater } from './repeater.ts';

/** All checks of this node and how they stand: the passes tell of the parts of the data plane, the others are run here. */
export class Checkup {
  readonly #health: Config['health'];
  readonly #tally: Pick<AgentParts['tally'], 'run'>;
  readonly #onRun: () => void;
  readonly #runners: ReadonlyMap<string, Repeater>;
  readonly #waiting = new Map<string, NodeJS.Timeout>();
  readonly #end = new AbortController();
  #checks: Checks;

  /**
   * @param checks those that are run here; each once it is started
   * @param onRun called after each run
   */
  constructor(
    { config, legacy, tally }: Pick<AgentParts, 'config' | 'legacy' | 'tally'>,
    checks: readonly Check[],
    onRun: () => void,
  ) {
    this.#health = config.health;
    this.#tally = tally;
    this.#onRun = onRun;
    const names = checks.map(({ name }) => name);
    this.#checks = inheritedChecks(noChecksYet(config.dataplane.mode, names), legacy, config);
    this.#runners = new Map(checks.map((check) => [check.name, this.#runner(check)]));
  }

  /** Runs a check for the first time within the splay, and from then on again and again. Later calls change nothing. */
  start(name: string): void {
    if (this.#waiting.has(name) || this.#end.signal.aborted) return;
    const delay = firstDelay(this.#health.splayMs, Math.random());
    this.#waiting.set(
      name,
      setTimeout(() => this.#runners.get(name)?.start(), delay),
    );
  }

  /** Runs a check that is started at once: something has happened that it should see. */
  trigger(name: string): void {
    if (this.#waiting.has(name)) this.#runners.get(name)?.trigger();
  }

  /** What one pass over the data plane found. */
  recordPass(outcomes: readonly PartOutcome[]): void {
    this.#checks = recordPass(this.#checks, outcomes, this.#health);
  }

  /** Breaks off what runs, and starts nothing more. */
  async stop(): Promise<void> {
    this.#end.abort();
    for (const timer of this.#waiting.values()) clearTimeout(timer);
    await Promise.all([...this.#runners.values()].map((runner) => runner.stop()));
  }

  get checks(): Checks {
    return this.#checks;
  }

  #runner(check: Check): Repeater {
    const state = () => this.#checks.get(check.name) ?? UNKNOWN;
    return new Repeater(
      () => this.#run(check),
      (tookMs) => nextDelay(state(), check.cadence, tookMs),
    );
  }

  async #run(check: Check): Promise<void> {
    const begin = performance.now();
    const finding = await this.#find(check);
    if (this.#end.signal.aborted) return;
    if (finding) {
      this.#tally.run(check.name, finding, performance.now() - begin);
      this.#checks = record(this.#checks, check.name, finding, check.thresholds);
    }
    this.#onRun();
  }

  async #find(check: Check): Promise<Finding | undefined> {
    const end = new AbortController();
    const stop = (): void => end.abort();
    this.#end.signal.addEventListener('abort', stop);
    try {
      return await check.run(end.signal);
    } catch (error) {
      return { broken: explain(error) };
    } finally {
      this.#end.signal.removeEventListener('abort', stop);
    }
  }
}

const UNKNOWN = { health: 'undecided', lastOk: undefined } as const;
