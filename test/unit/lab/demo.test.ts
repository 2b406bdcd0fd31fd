import { describe, expect, test } from 'vitest';
import { renderPicture } from '../../../lab/demo/picture.ts';
import type { StepResult } from '../../../lab/demo/stage.ts';
import { isSeen, renderTable } from '../../../lab/demo/table.ts';
import { countBy, failed, type Sample } from '../../../lab/observe/traffic.ts';

const step = (change: Partial<StepResult> = {}): StepResult => ({
  step: 'b',
  title: "lb1's forwarding blocked",
  at: 10_000,
  detectedAfterMs: 1800,
  routeChangedAfterMs: 1900.4,
  requests: 300,
  failed: 30,
  errors: { 'timed out': 30 },
  failedAfterRouteChange: 0,
  sightings: [{ what: 'the probe fails', seen: true }],
  ...change,
});

const ok = (at: number, lb: string, pod: string): Sample => ({
  at,
  tookMs: 5,
  lb,
  pod,
  error: undefined,
  address: '10.99.66.10',
});
const lost = (at: number): Sample => ({
  at,
  tookMs: 1000,
  lb: undefined,
  pod: undefined,
  error: 'timed out',
  address: '10.99.66.10',
});
const SAMPLES = [ok(9000, 'lb1', 'pod1'), ok(9100, 'lb2', 'pod2'), lost(10_100), ok(12_000, 'lb2', 'pod1')];

describe('the table', () => {
  test('has a row for each step, with what never came as a dash', () => {
    const lines = renderTable([
      step(),
      step({ step: 'a', detectedAfterMs: undefined, failedAfterRouteChange: undefined }),
    ]).split('\n');
    expect(lines[1]).toMatch(/^b +lb1's forwarding blocked +1800 ms +1900 ms +300 +30 +0 +yes$/);
    expect(lines[2]).toMatch(/^a +lb1's forwarding blocked +- +1900 ms +300 +30 +- +yes$/);
  });

  test('says NO for a step of which something was not seen, and what that was', () => {
    const missed = step({
      sightings: [
        { what: 'the probe fails', seen: true },
        { what: 'lb1 withdraws', seen: false },
      ],
    });
    expect(isSeen(missed)).toBe(false);
    expect(renderTable([missed])).toMatch(/NO\nnot seen in step b: lb1 withdraws\n$/);
  });
});

describe('the traffic', () => {
  test('is counted by lb node and by pod, and what failed by what the client saw', () => {
    expect(countBy(SAMPLES, 'lb')).toEqual({ lb1: 1, lb2: 2 });
    expect(countBy(SAMPLES, 'pod')).toEqual({ pod1: 2, pod2: 1 });
    expect(countBy(SAMPLES, 'error')).toEqual({ 'timed out': 1 });
    expect(failed(SAMPLES)).toEqual([lost(10_100)]);
  });
});

describe('the picture', () => {
  const routes = [
    { at: 9000, nexthops: ['lb1', 'lb2'] },
    { at: 11_000, nexthops: ['lb2'] },
  ];
  const picture = renderPicture(SAMPLES, [step({ title: 'a < b & c' })], routes);

  test('draws a bar for each lb node and for what failed, in each half second that had some', () => {
    const bars = [...picture.matchAll(/<rect [^>]*height="(\S+)" fill="(#\w+)"\/>/g)].filter(
      ([, height]) => Number(height) > 14,
    );
    expect(bars.map(([, , fill]) => fill)).toEqual(['#ffffff', '#2f6f9f', '#e0a030', '#c0392b', '#e0a030']);
  });

  test('draws the next hops of the tor, and names each step in words that are safe in XML', () => {
    expect(picture.match(/height="14"/g)).toHaveLength(3);
    expect(picture).toContain('(b) a &lt; b &amp; c');
  });
});
