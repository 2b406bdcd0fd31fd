import { isDeepStrictEqual } from 'node:util';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compileService, type DesiredSettings } from '../../../src/model/desired.ts';
import { DesiredTable } from '../../../src/model/desired-table.ts';
import type { EndpointSlice, Service, Snapshot } from '../../../src/model/snapshot.ts';
import type { VirtualServer, VirtualServerKey } from '../../../src/model/virtual-server.ts';
import { endpoint, service, serviceKey, SETTINGS, slice, snapshot } from './cluster.ts';

const CANARY: VirtualServer = {
  protocol: 'tcp',
  address: '10.99.66.0',
  port: 9,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: [{ address: '169.254.77.6', port: 4000, weight: 1 }],
};
const CANARY_KEY = 'tcp/10.99.66.0:9';
const WEB_KEY = 'tcp/10.99.66.10:80';

/** A table together with the cluster it is kept up to date with. */
class Rig {
  readonly table: DesiredTable;
  readonly services = new Map<string, Service>();
  readonly slices = new Map<string, EndpointSlice>();

  constructor(own: readonly VirtualServer[] = []) {
    this.table = new DesiredTable(SETTINGS, own);
  }

  get snapshot(): Snapshot {
    return snapshot([...this.services.values()], [...this.slices.values()]);
  }

  put(...objects: (Service | EndpointSlice)[]): string[] {
    return this.#update(
      objects.map((object) => {
        if ('endpoints' in object) this.slices.set(object.name, object);
        else this.services.set(serviceKey(object), object);
        return 'endpoints' in object ? `${object.namespace}/${object.service}` : serviceKey(object);
      }),
    );
  }

  deleteService(key: string): string[] {
    this.services.delete(key);
    return this.#update([key]);
  }

  #update(services: readonly string[]): string[] {
    return [...this.table.update(this.snapshot, services)];
  }
}

describe('an update', () => {
  test('names the virtual servers that it adds, changes and deletes, and no others', () => {
    const rig = new Rig();
    expect(rig.put(service(), slice())).toStrictEqual([WEB_KEY]);
    expect(rig.put(slice({ endpoints: [endpoint('10.1.0.102')] }))).toStrictEqual([WEB_KEY]);
    expect(rig.put(slice({ endpoints: [endpoint('10.1.0.102')] }))).toStrictEqual([]);
    expect(rig.put(service({ affinitySeconds: 7 }))).toStrictEqual([WEB_KEY]);
    expect(rig.deleteService('shop/web')).toStrictEqual([WEB_KEY]);
    expect(rig.deleteService('shop/web')).toStrictEqual([]);
    expect(rig.table.virtualServers.size).toBe(0);
  });

  test('keeps the object of a virtual server that has not changed', () => {
    const rig = new Rig();
    const other = service({ name: 'dns', clusterIPs: ['10.99.66.53'] });
    rig.put(service(), slice(), other, slice({ name: 'dns-1', service: 'dns' }));
    const before = new Map(rig.table.virtualServers);
    rig.put(service(), slice({ endpoints: [endpoint('10.1.0.102')] }), other);
    expect(rig.table.virtualServers.get('tcp/10.99.66.53:80')).toBe(before.get('tcp/10.99.66.53:80'));
    expect(rig.table.virtualServers.get(WEB_KEY)).not.toBe(before.get(WEB_KEY));
  });

  test('of a Service looks at no other one', () => {
    const rig = new Rig();
    rig.services.set('shop/other', service({ name: 'other', clusterIPs: ['10.99.66.11'] }));
    rig.put(service(), slice());
    expect([...rig.table.virtualServers.keys()]).toStrictEqual([WEB_KEY]);
  });

  test('leaves the list of what is left out alone unless it changes', () => {
    const rig = new Rig();
    rig.put(service(), service({ name: 'db', clusterIPs: ['10.99.66.11'] }), slice());
    const { skipped } = rig.table;
    expect(skipped).toMatchObject([{ object: 'Service shop/db', reason: 'no-endpoints' }]);
    rig.put(slice({ endpoints: [endpoint('10.1.0.102')] }));
    expect(rig.table.skipped).toBe(skipped);
    rig.deleteService('shop/db');
    expect(rig.table.skipped).toStrictEqual([]);
  });
});

const affinity = (rig: Rig) => rig.table.virtualServers.get(WEB_KEY)?.persistenceSeconds;

describe('a virtual server that two Services ask for', () => {
  const late = service({ name: 'zeb', affinitySeconds: 9 });
  const ofLate = slice({ name: 'zeb-1', service: 'zeb' });

  test('belongs to the first by namespace and name, whichever came first', () => {
    const rig = new Rig();
    rig.put(late, ofLate);
    expect(affinity(rig)).toBe(9);
    expect(rig.put(service(), slice())).toStrictEqual([WEB_KEY]);
    expect(affinity(rig)).toBe(0);
    expect(rig.table.skipped).toStrictEqual([
      { object: 'Service shop/zeb', reason: 'port-conflict', detail: `${WEB_KEY} belongs to Service shop/web` },
    ]);
  });

  test('goes to the other one when the first gives it up', () => {
    const rig = new Rig();
    rig.put(service(), slice(), late, ofLate);
    expect(rig.put(service({ clusterIPs: ['10.99.66.11'] }))).toStrictEqual([WEB_KEY, 'tcp/10.99.66.11:80']);
    expect(affinity(rig)).toBe(9);
    expect(rig.table.skipped).toStrictEqual([]);
  });

  test('is not disturbed by changes of the one that does not have it', () => {
    const rig = new Rig();
    rig.put(service(), slice(), late, ofLate);
    expect(rig.put({ ...late, affinitySeconds: 11 })).toStrictEqual([]);
    expect(rig.deleteService('shop/zeb')).toStrictEqual([]);
    expect(rig.table.skipped).toStrictEqual([]);
  });
});

describe('virtual servers of the agent itself', () => {
  test('are there from the first update on, before all others', () => {
    const rig = new Rig([CANARY]);
    expect(rig.table.virtualServers.size).toBe(0);
    expect(rig.put(service(), slice())).toStrictEqual([CANARY_KEY, WEB_KEY]);
    expect([...rig.table.virtualServers.keys()]).toStrictEqual([CANARY_KEY, WEB_KEY]);
    expect(rig.put(service())).toStrictEqual([]);
  });

  test('are taken by no Service', () => {
    const rig = new Rig([CANARY]);
    const ports = [{ name: 'http', protocol: 'tcp', port: 9 } as const];
    rig.put(service({ clusterIPs: ['10.99.66.0'], ports }), slice({ ports }));
    expect(rig.table.virtualServers.get(CANARY_KEY)).toBe(CANARY);
    expect(rig.table.skipped).toMatchObject([
      { object: 'Service shop/web', detail: `${CANARY_KEY} belongs to the canary of this agent` },
    ]);
  });
});

test('a zone that becomes known narrows down what hints are honoured for', () => {
  const table = new DesiredTable({ ...SETTINGS, topologyHints: 'honour' });
  const endpoints = ['zone-a', 'zone-b'].map((zone, index) => endpoint(`10.1.0.${index}`, { forZones: [zone] }));
  const cluster = snapshot([service()], [slice({ endpoints })]);
  table.update(cluster, ['shop/web']);
  expect(table.virtualServers.get(WEB_KEY)?.realServers).toHaveLength(2);
  expect([...table.update({ ...cluster, zone: 'zone-b' }, ['shop/web'])]).toStrictEqual([WEB_KEY]);
  expect(table.virtualServers.get(WEB_KEY)?.realServers).toMatchObject([{ address: '10.1.0.1' }]);
});

/** Everything compiled from scratch, in the plainest way: Service by Service, and the first one keeps a key. */
function fromScratch(cluster: Snapshot, settings: DesiredSettings) {
  const virtualServers = new Map<VirtualServerKey, VirtualServer>();
  const skipped: string[] = [];
  for (const key of [...cluster.services.keys()].toSorted()) {
    const compiled = compileService(key, cluster, settings);
    skipped.push(...compiled.skipped.map(({ object, reason }) => `${object} ${reason}`));
    for (const [one, server] of compiled.virtualServers) {
      if (virtualServers.has(one)) skipped.push(`Service ${key} port-conflict`);
      else virtualServers.set(one, server);
    }
  }
  return { virtualServers, skipped: skipped.toSorted() };
}

/** The keys of two tables that do not hold the same. */
const difference = (a: ReadonlyMap<string, unknown>, b: ReadonlyMap<string, unknown>): string[] =>
  [...new Set([...a.keys(), ...b.keys()])].filter((key) => !isDeepStrictEqual(a.get(key), b.get(key))).toSorted();

test('after any events the table is what compiling everything makes, and the keys told are the difference', () => {
  const name = fc.constantFrom('a', 'b', 'c', 'd');
  const host = fc.integer({ min: 1, max: 4 });
  const conditions = fc.record({ ready: fc.boolean(), serving: fc.boolean(), terminating: fc.boolean() });
  const ports = fc.constantFrom<Service['ports']>(
    [{ name: '', protocol: 'tcp', port: 80 }],
    [
      { name: '', protocol: 'tcp', port: 80 },
      { name: 'dns', protocol: 'udp', port: 53 },
    ],
  );
  const putService = fc.record({ name, host, ports }).map((fields) => (rig: Rig) => {
    const one = service({ name: fields.name, clusterIPs: [`10.99.66.${fields.host}`], ports: fields.ports });
    rig.services.set(serviceKey(one), one);
    return [fields.name];
  });
  const deleteService = name.map((one) => (rig: Rig) => {
    rig.services.delete(`shop/${one}`);
    return [one];
  });
  const putSlice = fc
    .record({ name, of: name, ports, endpoints: fc.array(fc.tuple(host, conditions), { maxLength: 3 }) })
    .map((fields) => (rig: Rig) => {
      const endpoints = fields.endpoints.map(([last, state]) => endpoint(`10.1.0.${last}`, state));
      const before = rig.slices.get(fields.name)?.service ?? fields.of;
      rig.slices.set(fields.name, slice({ ...fields, service: fields.of, endpoints }));
      return [before, fields.of];
    });
  const deleteSlice = name.map((one) => (rig: Rig) => {
    const before = rig.slices.get(one);
    rig.slices.delete(one);
    return before ? [before.service] : [];
  });
  const event = fc.oneof(putService, putService, deleteService, putSlice, putSlice, putSlice, deleteSlice);
  const property = fc.property(
    fc.array(fc.array(event, { minLength: 1, maxLength: 4 }), { maxLength: 20 }),
    (rounds) => {
      const rig = new Rig();
      for (const events of rounds) {
        const before = new Map(rig.table.virtualServers);
        const changed = new Set(events.flatMap((happens) => happens(rig)).map((one) => `shop/${one}`));
        const told = rig.table.update(rig.snapshot, changed);
        const expected = fromScratch(rig.snapshot, SETTINGS);
        expect(rig.table.virtualServers).toStrictEqual(expected.virtualServers);
        expect(rig.table.skipped.map(({ object, reason }) => `${object} ${reason}`).toSorted()).toStrictEqual(
          expected.skipped,
        );
        expect([...told].toSorted()).toStrictEqual(difference(before, rig.table.virtualServers));
        for (const [key, server] of before) if (!told.has(key)) expect(rig.table.virtualServers.get(key)).toBe(server);
      }
    },
  );
  fc.assert(property, { numRuns: 300 });
});
