import { expect, test } from 'vitest';
import { KnownTable } from '../../../src/dataplane/ipvs/known.ts';
import type { IpvsDestination, IpvsService } from '../../../src/dataplane/ipvs/want.ts';

const KEY = 'tcp/10.99.66.10:80';

const one = (address: string, weight = 1): IpvsDestination => ({ address, port: 8080, weight, forward: 0 });

const reading = (...destinations: IpvsDestination[]): IpvsService => ({
  protocol: 'tcp',
  address: '10.99.66.10',
  port: 80,
  scheduler: 'rr',
  flags: 0,
  timeout: 0,
  destinations: new Map(destinations.map((destination) => [`${destination.address}:8080`, destination])),
});

const known = (table: KnownTable): (readonly [string, number])[] =>
  [...(table.get(KEY)?.destinations ?? [])].map(([key, { weight }]) => [key, weight]);

test('what the kernel has acknowledged is known', () => {
  const table = new KnownTable(new Map());
  const service = reading();
  table.acknowledge({ kind: 'add-service', service });
  for (const address of ['10.1.0.1', '10.1.0.2', '10.1.0.3']) {
    table.acknowledge({ kind: 'add-destination', service, destination: one(address) });
  }
  table.acknowledge({ kind: 'edit-destination', service, destination: one('10.1.0.2', 0) });
  table.acknowledge({ kind: 'delete-destination', service, destination: one('10.1.0.1') });
  expect(known(table)).toEqual([
    ['10.1.0.2:8080', 0],
    ['10.1.0.3:8080', 1],
  ]);
  table.acknowledge({ kind: 'edit-service', service: { ...service, scheduler: 'mh' } });
  expect(table.get(KEY)?.scheduler).toBe('mh');
  expect(known(table)).toHaveLength(2);
  table.acknowledge({ kind: 'delete-service', service });
  expect([...table.keys()]).toEqual([]);
});

test('a reading replaces what was known, and what is as it was stays the same value', () => {
  const table = new KnownTable(new Map([[KEY, reading(one('10.1.0.1'), one('10.1.0.2'), one('10.1.0.3'))]]));
  const before = [...(table.get(KEY)?.destinations.values() ?? [])];
  table.set(KEY, reading(one('10.1.0.2', 0), one('10.1.0.1'), { ...one('10.1.0.4'), connections: 7 }));
  expect(known(table)).toEqual([
    ['10.1.0.2:8080', 0],
    ['10.1.0.1:8080', 1],
    ['10.1.0.4:8080', 1],
  ]);
  expect(table.get(KEY)?.destinations.get('10.1.0.4:8080')?.connections).toBe(7);
  expect(table.get(KEY)?.destinations.get('10.1.0.1:8080')).toBe(before[0]);
  table.set(KEY, undefined);
  expect(table.get(KEY)).toBeUndefined();
});
