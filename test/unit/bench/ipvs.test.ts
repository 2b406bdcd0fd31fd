import { expect, test } from 'vitest';
import { renderSize } from '../../bench/ipvs/render.ts';
import { type Raw, reportOf, TARGETS } from '../../bench/ipvs/report.ts';

const MIB = 2 ** 20;

const raw: Raw = {
  size: { services: 2000, realServersEach: 5 },
  repetitions: 3,
  fairlead: { load: [400, 900, 500], read: [488], change1: [0.1, 0.2, 0.12, 0.4], change100: [4] },
  ipvsadm: { load: [6000, 5000, 4000], read: [1400], change1: [100, 60, 90], change100: [199.6] },
  audits: [
    { ms: 500, writes: 0 },
    { ms: 700, writes: 0 },
  ],
  messages: [1, 2, 1],
  endToEnd: [0.3, 0.1, 0.2],
  memory: { without: { rss: 80 * MIB, heapUsed: 9 * MIB }, with: { rss: 120.26 * MIB, heapUsed: 14 * MIB } },
};

test('the report compares medians, and keeps the least and the most', () => {
  expect(reportOf(raw)).toMatchObject({
    services: 2000,
    realServersEach: 5,
    load: { ratio: 10, oursMs: 500, oursRangeMs: [400, 900], baselineMs: 5000, baselineRangeMs: [4000, 6000] },
    change1: { ratio: 562.5, oursMs: 0.16, oursRangeMs: [0.1, 0.4], baselineMs: 90, baselineRangeMs: [60, 100] },
    endToEnd: { oursMs: 0.2, oursRangeMs: [0.1, 0.3] },
    messagesPerChange: 2,
    audit: { oursMs: 600, oursRangeMs: [500, 700], writes: 0 },
    memory: { rssWithout: 80, rssWith: 120.3, heapWithout: 9, heapWith: 14 },
  });
});

test('the report tells the most that any audit without drift has written', () => {
  const audits = [
    { ms: 500, writes: 3 },
    { ms: 500, writes: 0 },
  ];
  expect(reportOf({ ...raw, audits }).audit.writes).toBe(3);
});

test('the table has each target beside its figure, and is as wide as a terminal', () => {
  const lines = renderSize(reportOf(raw), TARGETS).split('\n');
  expect(lines[2]).toMatch(/^load from empty +500 \(400-900\) +5000 \(4000-6000\) +10x +10x +yes$/);
  expect(lines[4]).toMatch(/^1 change +0\.16 \(0\.1-0\.4\) +90 \(60-100\) +563x +500x +yes$/);
  expect(lines[5]).toMatch(/^100 changes .* 50x +50x +NO$/);
  expect(lines[8]).toMatch(/^messages\/change +2 +<= 2 +yes$/);
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
});
