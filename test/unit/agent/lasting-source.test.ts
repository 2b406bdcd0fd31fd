import { expect, test } from 'vitest';
import { LastingSource } from '../../../src/agent/lasting-source.ts';
import type { Skipped, Snapshot } from '../../../src/model/snapshot.ts';
import { decodeService } from '../../../src/source/decode.ts';
import type { OnChange, Source } from '../../../src/source/source.ts';

const service = decodeService({ metadata: { name: 'web' }, spec: { clusterIP: '10.99.66.10', ports: [{ port: 80 }] } });

/** A source that has read everything, and tells what the test has it tell. */
class Inner implements Source {
  starts = 0;
  stops = 0;
  tell: OnChange = () => {};
  readonly #snapshot: Snapshot = {
    services: new Map(service.value ? [['default/web', service.value]] : []),
    slices: new Map(),
    zone: undefined,
    labels: undefined,
    marks: undefined,
    skipped: [{ object: 'Service default/db', reason: 'headless', detail: '' }],
  };

  start(onChange: OnChange): void {
    this.starts += 1;
    this.tell = onChange;
  }
  async stop(): Promise<void> {
    this.stops += 1;
  }
  snapshot(): Snapshot {
    return this.#snapshot;
  }
  status() {
    return { kind: 'kubernetes', synced: true, lastContactAt: 1, problem: undefined, services: 1, slices: 0 } as const;
  }
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('each agent is told of all Services before it takes the source for synced', async () => {
  const inner = new Inner();
  const source = new LastingSource(inner, () => []);
  for (const agent of ['first', 'second']) {
    const told: { synced: boolean; services: string[] }[] = [];
    source.start((services) => told.push({ synced: source.status().synced, services: [...services] }));
    expect(source.status().synced, agent).toBe(false);
    expect(told).toStrictEqual([]);
    await turn();
    expect(told).toStrictEqual([{ synced: true, services: ['default/web'] }]);
    inner.tell(new Set(['default/other']));
    expect(told[1]?.services).toStrictEqual(['default/other']);
    await source.stop();
    expect(source.status().synced).toBe(false);
    inner.tell(new Set(['default/web']));
    expect(told).toHaveLength(2);
  }
  expect(inner).toMatchObject({ starts: 1, stops: 0 });
  await source.end();
  expect(inner.stops).toBe(1);
});

test('an agent that ends at once is told nothing', async () => {
  const source = new LastingSource(new Inner(), () => []);
  let calls = 0;
  source.start(() => (calls += 1));
  await source.stop();
  await turn();
  expect(calls).toBe(0);
});

test('what was left out of the ranges stands beside what the source left out', () => {
  let left: readonly Skipped[] = [];
  const source = new LastingSource(new Inner(), () => left);
  expect(source.snapshot().skipped.map(({ object }) => object)).toStrictEqual(['Service default/db']);
  expect(source.snapshot().skipped).toBe(source.snapshot().skipped);
  left = [{ object: 'ServiceCIDR bad', reason: 'object-invalid', detail: '' }];
  expect(source.snapshot().skipped.map(({ object }) => object)).toStrictEqual([
    'Service default/db',
    'ServiceCIDR bad',
  ]);
});
