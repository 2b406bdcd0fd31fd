import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';

/** What a step of `npm test` adds to the sum. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** Each skipped test with its reason. */
  readonly skips: readonly string[];
}

/** Counts the tests of a run into the file that $FAIRLEAD_TALLY names. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string): number => tests.filter((test) => test.result().state === state).length;
    // A file that cannot be loaded, or an error outside of all tests, fails without a test that does.
    const broken = modules.filter((module) => module.errors().length > 0).length + errors.length;
    const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.result().state));
    const tally: Tally = {
      passed: count('passed'),
      failed: count('failed') + broken,
      skipped: skipped.length,
      skips: skipped.map(describeSkip),
    };
    writeFileSync(process.env['FAIRLEAD_TALLY'] ?? '/dev/null', JSON.stringify(tally));
  }
}

function describeSkip(test: TestCase): string {
  const result = test.result();
  const reason = result.state === 'skipped' ? result.note : undefined;
  return `${test.module.relativeModuleId}: ${test.fullName} (${reason ?? 'no reason given'})`;
}
