import { describe, expect, test } from 'vitest';
import { indexOfAddress, MARKER, serviceKey, serviceObject, sliceObject } from '../../bench/kubernetes/objects.ts';
import { renderKubernetes } from '../../bench/kubernetes/render.ts';
import {
  agentBounds,
  agentReport,
  type Raw,
  type Round,
  sourceBounds,
  sourceReport,
} from '../../bench/kubernetes/report.ts';
import { Stock } from '../../bench/kubernetes/server/stock.ts';
import { decodeEndpointSlice, decodeService } from '../../../src/source/decode.ts';

const MIB = 2 ** 20;

interface Told {
  readonly ms: number;
  readonly peak: number;
  readonly settled: number;
  readonly latencies: readonly number[];
}

function round({ latencies, ms, peak, settled }: Told): Round {
  const before = { cpuMs: 100, rss: 0, peakRss: 0, heapUsed: 0 };
  const after = { cpuMs: 100 + ms, rss: 0, peakRss: peak * MIB, heapUsed: 0 };
  return {
    sync: { before, after, ms: 2 * ms, stallMs: ms / 10 },
    burst: { events: 1000, ms, cpuMs: ms / 2 },
    latencies,
    settled: { cpuMs: 0, rss: settled * MIB, peakRss: 0, heapUsed: settled * (MIB / 2) },
  };
}

const ours = { ms: 500, peak: 100, settled: 125, latencies: [1, 2, 3] };
const raw: Raw = {
  services: 10_000,
  endpointsEach: 10,
  rounds: {
    source: [round(ours), round({ ...ours, ms: 400 }), round({ ...ours, ms: 900 })],
    informer: [round({ ...ours, ms: 1000, peak: 400, settled: 450 })],
    agent: [
      round({ ...ours, latencies: [1, 1, 9] }),
      round({ ...ours, latencies: [2, 2, 80] }),
      round({ ...ours, latencies: [3, 3, 8] }),
    ],
  },
};

describe('the report', () => {
  const report = sourceReport(raw);

  test('compares the medians of the rounds', () => {
    expect(report).toMatchObject({
      rounds: 3,
      sync: { ratio: 2, ours: 1000, oursRange: [800, 1800], baseline: 2000 },
      syncCpu: { ratio: 2, ours: 500, baseline: 1000 },
      stallMs: 50,
      cpuPerEvent: { ours: 250, baseline: 500 },
    });
  });

  test('has twice the events a second as twice as good', () => {
    expect(report.eventsPerSecond).toMatchObject({ ratio: 2, ours: 2000, baseline: 1000 });
  });

  test('takes for the memory the ratio that is worse', () => {
    expect(report.rss).toMatchObject({ ratio: 3.6, peak: { ratio: 4 }, settled: { ratio: 3.6 } });
  });

  test('lets one bad round not stand for all', () => {
    expect(report.netlinkWrite).toEqual({ p50: 2, p95: 9, p99: 9, max: 9 });
  });

  test('holds its figures against their bounds', () => {
    const slow = { ...report, syncCpu: { ...report.syncCpu, ratio: 1.99 } };
    expect(sourceBounds(slow).map(({ figure, ok }) => [figure, ok])).toEqual([
      ['rss.ratio', true],
      ['syncCpu.ratio', false],
      ['stallMs', true],
      ['netlinkWrite.p50', true],
      ['netlinkWrite.p99', true],
    ]);
  });

  const life = {
    services: 10_000,
    endpointsEach: 10,
    machine: 'uml',
    eventsPerSecond: 20,
    latencies: [5, 6, 7],
    callsPerEvent: 31.402,
    settled: { cpuMs: 0, rss: 201 * MIB, peakRss: 240.5 * MIB, heapUsed: 90 * MIB },
  };
  const agent = agentReport(life);

  test('has the agent in the lab, and its memory against the bounds', () => {
    expect(agent).toMatchObject({ toKernel: { p50: 6, p99: 7 }, callsPerEvent: 31.4, rss: 201, peakRss: 240.5 });
    const small = { ...agent, services: 200, rss: 120 };
    expect(agentBounds(agent, small).map(({ figure, ok }) => [figure, ok])).toEqual([
      ['agent.rss', false],
      ['smallAgent.rss', true],
    ]);
  });

  test('is as wide as a terminal', () => {
    const machine = { processor: 'ACME 3000', processors: 2, kernel: '6.1', node: 'v24' };
    const all = { machine, bounds: sourceBounds(report), ...report, real: report, agent, smallAgent: agent };
    const lines = renderKubernetes(all).split('\n');
    expect(lines).toContainEqual(expect.stringMatching(/^settled RSS, MiB +125 \(125-125\) +450 \(450-450\) +3\.6x$/));
    expect(lines).toContainEqual(expect.stringMatching(/^netlinkWrite\.p99 +9 +<= 10 +yes$/));
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });
});

describe('the cluster', () => {
  const size = { services: 5, endpointsEach: 3 };

  test('has Services of 1.6 KB and slices of 4.4 KB, which are served', () => {
    const [service, slice] = [serviceObject(9999, 1), sliceObject(9999, 10, { resourceVersion: 1, unready: 3 })];
    expect(JSON.stringify(service).length).toBeGreaterThan(1600);
    expect(JSON.stringify(slice).length).toBeGreaterThan(4400);
    const [address = ''] = decodeService(service).value?.clusterIPs ?? [];
    expect(indexOfAddress(address)).toBe(9999);
    const endpoints = decodeEndpointSlice(slice).value?.endpoints ?? [];
    expect(endpoints.map(({ ready }) => ready).indexOf(false)).toBe(3);
    expect(new Set(endpoints.map(({ address: pod }) => pod)).size).toBe(10);
  });

  test('changes one slice after the other, and the marker behind them', () => {
    const stock = new Stock(size);
    const series = [stock.prepare(3), stock.prepare(2)].map((changes) => changes.map(({ service }) => service));
    const [marker, one, two, three, four] = [MARKER, 1, 2, 3, 4].map(serviceKey);
    expect(series).toEqual([
      [one, two, three, marker],
      [four, one, marker],
    ]);
  });

  test('changes an endpoint and changes it back', () => {
    const stock = new Stock(size);
    const [first, , second] = [...stock.prepare(4), ...stock.prepare(4)]
      .filter(({ service }) => [serviceKey(1), serviceKey(2)].includes(service))
      .map(({ event }) => JSON.parse(event.toString()) as { type: string; object: unknown });
    const ready = (event: typeof first): boolean[] | undefined =>
      decodeEndpointSlice(event?.object).value?.endpoints.map((endpoint) => endpoint.ready);
    expect(first?.type).toBe('MODIFIED');
    expect(ready(first)).toContain(false);
    expect(ready(second)).not.toContain(false);
  });
});
