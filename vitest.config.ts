import { defineConfig } from 'vitest/config';

/** Tests that need a lab machine: one file at a time, since each boots a kernel of its own. */
const inLab = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

export default defineConfig({
  test: {
    projects: [
      // Some start processes of their own, which takes seconds where other work keeps the machine busy.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 } },
      { test: { name: 'scenario', include: ['test/scenario/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 60_000 } },
      { test: { name: 'kernel', include: ['test/kernel/**/*.test.ts'], ...inLab, sequence: { groupOrder: 1 } } },
      { test: { name: 'fault', include: ['test/fault/**/*.test.ts'], ...inLab, sequence: { groupOrder: 2 } } },
    ],
  },
});
