import { writeFileSync } from 'node:fs';
import type { Reporter, SerializedError, TestCase, TestModule } from 'vitest/node';
import type { FileTally, Tally } from './tally.ts';

/** Counts the tests of a run into the file that $FAIRLEAD_TALLY names. */
export default class TallyReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], errors: readonly SerializedError[]): void {
    const tally: Tally = { files: modules.map(fileTally), errors: errors.length };
    writeFileSync(process.env['FAIRLEAD_TALLY'] ?? '/dev/null', JSON.stringify(tally));
  }
}

function fileTally(module: TestModule): FileTally {
  const tests = [...module.children.allTests()];
  const failed = tests.filter((test) => test.result().state === 'failed').map(({ fullName }) => fullName);
  const skipped = tests.filter((test) => !['passed', 'failed'].includes(test.result().state));
  return {
    file: module.relativeModuleId,
    project: module.project.name,
    passed: tests.length - failed.length - skipped.length,
    skipped: skipped.length,
    // A file that cannot be loaded, or whose hooks fail, fails without a test that does.
    failed: module.errors().length > 0 ? [...failed, 'the file itself'] : failed,
    skips: skipped.map(describeSkip),
  };
}

function describeSkip(test: TestCase): string {
  const result = test.result();
  const reason = result.state === 'skipped' ? result.note : undefined;
  return `${test.module.relativeModuleId}: ${test.fullName} (${reason ?? 'no reason given'})`;
}
