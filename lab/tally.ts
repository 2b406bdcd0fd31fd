/** What became of the tests of one file. */
export interface FileTally {
  readonly file: string;
  /** The vitest project it belongs to: `unit`, `kernel` and so on. */
  readonly project: string;
  readonly passed: number;
  readonly skipped: number;
  /** The names of the tests that failed; a file that cannot be loaded counts as one. */
  readonly failed: readonly string[];
  /** Each skipped test with its reason. */
  readonly skips: readonly string[];
}

/** What became of a run. Errors outside of all tests fail without a test that does. */
export interface Tally {
  readonly files: readonly FileTally[];
  readonly errors: number;
}

export const NO_TESTS: Tally = { files: [], errors: 0 };

/**
 * The projects whose tests share two cores with emulated kernels and real daemons: once in thousands of tests a
 * neighbour takes the time that one of them needed. A unit test has no such excuse.
 */
const SHARING: ReadonlySet<string> = new Set(['scenario', 'cluster', 'interop', 'kernel', 'patient', 'fault']);

/** Runs of different tests as one. */
export const together = (tallies: readonly Tally[]): Tally => ({
  files: tallies.flatMap(({ files }) => files),
  errors: tallies.reduce((sum, { errors }) => sum + errors, 0),
});

/** More files than this do not fail by chance. */
const MOST_BY_CHANCE = 2;

/** The files worth a second play: none where something fails that cannot be chance. */
export function filesToReplay({ errors, files }: Tally): readonly string[] {
  const failed = files.filter((one) => one.failed.length > 0);
  const excusable =
    errors === 0 && failed.length <= MOST_BY_CHANCE && failed.every(({ project }) => SHARING.has(project));
  return excusable ? failed.map(({ file }) => file) : [];
}

/** A run in which some files were played once more: of those the second play counts, whole. */
export function replayed(first: Tally, second: Tally): Tally {
  const again = new Map(second.files.map((one) => [one.file, one]));
  return { files: first.files.map((one) => again.get(one.file) ?? one), errors: first.errors + second.errors };
}

/** What a second play is to say, loudly: one line for each test that failed in the first one. */
export const replayLines = (first: Tally, second: Tally): readonly string[] =>
  first.files.flatMap(({ failed, file }) => {
    const again = second.files.find((one) => one.file === file);
    if (again === undefined) return [];
    return failed.map((name) => `played twice: ${file}: ${name} failed, then ${outcome(again, name)}`);
  });

const outcome = (again: FileTally, name: string): string => (again.failed.includes(name) ? 'failed again' : 'passed');

/** The sum over all files, and the reasons of what was skipped. */
export function sumOf({ errors, files }: Tally): Readonly<Record<'passed' | 'failed' | 'skipped', number>> {
  const add = (count: (one: FileTally) => number): number => files.reduce((sum, one) => sum + count(one), 0);
  return {
    passed: add(({ passed }) => passed),
    failed: add(({ failed }) => failed.length) + errors,
    skipped: add(({ skipped }) => skipped),
  };
}
