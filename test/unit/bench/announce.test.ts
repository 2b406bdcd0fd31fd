import { expect, test } from 'vitest';
import { renderAnnounce } from '../../bench/announce/render.ts';
import { reportOf, type Sample } from '../../bench/announce/report.ts';

const MACHINE = { kernel: '6.1.0-56-amd64', node: 'node v24.0.0' };
const sample = (issued: number): Sample => ({ issued, answered: issued + 1, onSwitch: issued + 2 });
/** 0.01, 0.02 and so on to `last` hundredths. */
const steps = (last: number): Sample[] => Array.from({ length: last }, (_, index) => sample((index + 1) / 100));
const ours = { deprioritised: steps(200), withdrawn: steps(1), announced: steps(99) };
const readFirst = { deprioritised: [sample(100), sample(30)], withdrawn: [], announced: [sample(5)] };

test('the report has the median, the 99th percentile and the most of each, by nearest rank', () => {
  const report = reportOf(ours, readFirst, MACHINE);
  expect(report.deprioritised.issued).toEqual({
    ours: { p50: 1, p95: 1.9, p99: 1.98, max: 2 },
    readFirst: { p50: 30, p95: 100, p99: 100, max: 100 },
  });
  expect(report.deprioritised.decisions).toEqual({ ours: 200, readFirst: 2 });
  expect(report.deprioritised.onSwitch.ours).toEqual({ p50: 3, p95: 3.9, p99: 3.98, max: 4 });
  expect(report.withdrawn.answered.ours).toEqual({ p50: 1.01, p95: 1.01, p99: 1.01, max: 1.01 });
  expect(report.withdrawn.answered.readFirst.max).toBe(Number.NaN);
  // The 297th of 300.
  expect(report).toMatchObject({ issuedP99: 1.97, targetIssuedP99: 10, met: true });
});

const late = (count: number): Sample[] => [...steps(100 - count), ...Array.from({ length: count }, () => sample(11))];
const met = (announced: Sample[]): boolean =>
  reportOf({ deprioritised: [], withdrawn: [], announced }, readFirst, MACHINE).met;

test('one decision of a hundred may be late, and two may not', () => {
  expect(met(late(1))).toBe(true);
  expect(met(late(2))).toBe(false);
});

test('the table is as wide as a terminal, and says whether the target is met', () => {
  const slow = { ...readFirst, withdrawn: [sample(1234.5)] };
  const lines = renderAnnounce(reportOf(ours, slow, MACHINE))
    .trimEnd()
    .split('\n');
  expect(lines[3]).toMatch(/^deprioritised +issued +1\.0 \/ 2\.0 \/ 2\.0 +30\.0 \/ 100\.0 \/ 100\.0$/);
  expect(lines[4]).toMatch(/^200 times +answered /);
  expect(lines.at(-1)).toBe('call issued, p99 of all: 1.97 ms, target <= 10 ms: met');
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
