import { defineConfig } from 'vitest/config';

/** Tests that need a lab machine, which boots a kernel of its own: one file at a time. */
const inLab = { fileParallelism: false, testTimeout: 120_000, hookTimeout: 120_000 };

/**
 * Those of them that look at what the kernel holds, and send little through it: it does not matter when something happens.
 * `npm test` plays them beside the others, in which real connections are late where a second machine wants the same core.
 */
const PATIENT = [
  '*-qemu',
  'cleanup',
  'dataplane',
  'doctor',
  'fence',
  'fence-lab',
  'firewall',
  'image',
  'oracle',
  'table',
].map((name) => `test/kernel/${name}.test.ts`);

export default defineConfig({
  test: {
    projects: [
      // Some start processes of their own, which takes seconds where other work keeps the machine busy.
      { test: { name: 'unit', include: ['test/unit/**/*.test.ts'], testTimeout: 30_000, hookTimeout: 30_000 } },
      // Sessions take seconds to open, and most of a test is waiting for one.
      {
        test: {
          name: 'scenario',
          include: ['test/{scenario,page}/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
          maxWorkers: 2,
          maxConcurrency: 16,
          sequence: { groupOrder: 1 },
        },
      },
      // Each file has an etcd and a kube-apiserver of its own, which take a core for the 4 seconds of their start.
      {
        test: {
          name: 'cluster',
          include: ['test/cluster/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
        },
      },
      // One file: it plays the whole matrix at once, and most of that is waiting.
      { test: { name: 'interop', include: ['test/interop/**/*.test.ts'], sequence: { groupOrder: 3 } } },
      {
        test: {
          name: 'kernel',
          include: ['test/kernel/**/*.test.ts'],
          exclude: PATIENT,
          ...inLab,
          sequence: { groupOrder: 4 },
        },
      },
      { test: { name: 'patient', include: PATIENT, ...inLab, sequence: { groupOrder: 6 } } },
      { test: { name: 'fault', include: ['test/fault/**/*.test.ts'], ...inLab, sequence: { groupOrder: 5 } } },
    ],
  },
});
