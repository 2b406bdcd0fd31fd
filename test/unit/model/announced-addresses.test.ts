import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { prefixContains } from '../../../src/model/address.ts';
import { compileService, type DesiredSettings } from '../../../src/model/desired.ts';
import { DesiredTable } from '../../../src/model/desired-table.ts';
import type { EndpointSlice, Service, Snapshot } from '../../../src/model/snapshot.ts';
import { endpoint, HTTP, service, serviceKey, SETTINGS, slice, snapshot } from './cluster.ts';

const BOTH: DesiredSettings = {
  ...SETTINGS,
  externalIPs: ['192.0.2.0/24', '2001:db8::/64'],
  loadBalancerIPs: ['198.51.100.0/24'],
  announcedKinds: new Set(['externalIPs', 'loadBalancerIPs']),
};
const EXTERNAL = '192.0.2.1';
const BALANCED = '198.51.100.1';

/** A table that is told of a cluster, one after another. */
class Rig {
  readonly #table: DesiredTable;
  #services: readonly Service[] = [];

  constructor(settings: DesiredSettings = BOTH) {
    this.#table = new DesiredTable(settings);
  }

  /** What is announced in a cluster of these Services, each with a slice of its own unless there are others. */
  of(services: readonly Service[], slices: readonly EndpointSlice[] = services.map(sliceOf)): readonly string[] {
    const touched = new Set([...this.#services, ...services].map(serviceKey));
    this.#services = services;
    this.#table.update(snapshot(services, slices), touched);
    return this.#table.announcedAddresses;
  }
}

const sliceOf = ({ name }: Service): EndpointSlice => slice({ name: `${name}-1`, service: name });

/** The slice of `web`, with one endpoint. */
const at = (nodeName: string, fields: object = {}): EndpointSlice[] => [
  slice({ endpoints: [endpoint('10.1.0.101', { nodeName, ...fields })] }),
];

const web = service({ externalIPs: [EXTERNAL], loadBalancerIPs: [BALANCED] });
/** Another Service with the same addresses and a port of its own. */
const metrics = service({
  ...web,
  name: 'metrics',
  clusterIPs: ['10.99.66.11'],
  ports: [{ name: 'http', protocol: 'tcp', port: 9090 }],
});

describe('single addresses are announced', () => {
  test('of a Service that takes connections, those beside the ranges, each once', () => {
    expect(new Rig().of([web])).toStrictEqual([EXTERNAL, BALANCED]);
    expect(new Rig().of([{ ...web, ports: [HTTP, { ...HTTP, name: 'more', port: 81 }] }])).toHaveLength(2);
  });

  test.each([
    ['externalIPs' as const, EXTERNAL],
    ['loadBalancerIPs' as const, BALANCED],
  ])('of the kind that is on: %s', (kind, expected) => {
    expect(new Rig({ ...BOTH, announcedKinds: new Set([kind]) }).of([web])).toStrictEqual([expected]);
  });

  test('never for being of a kind that is on elsewhere', () => {
    const settings: DesiredSettings = {
      ...BOTH,
      loadBalancerIPs: ['192.0.2.0/24', '198.51.100.0/24'],
      announcedKinds: new Set(['loadBalancerIPs']),
    };
    // Both lists allow the address; this Service has it in the way that is not announced.
    expect(new Rig(settings).of([{ ...web, loadBalancerIPs: [] }])).toStrictEqual([]);
    expect(new Rig(settings).of([{ ...web, loadBalancerIPs: [EXTERNAL] }])).toStrictEqual([EXTERNAL]);
  });

  test.each<[string, Partial<Service>]>([
    ['are in no list', { externalIPs: ['203.0.113.1'], loadBalancerIPs: [EXTERNAL] }],
    ['are of this node itself', { externalIPs: ['192.0.2.100'], loadBalancerIPs: [] }],
    ['are those of a load balancer that is closed to some', { externalIPs: [], restricted: true }],
  ])('unless they %s', (_title, fields) => {
    expect(new Rig().of([{ ...web, ...fields }])).toStrictEqual([]);
  });

  test('unless a range holds them, and is announced itself', () => {
    const settings = { ...BOTH, externalIPs: ['10.99.66.0/24'] };
    expect(new Rig(settings).of([{ ...web, externalIPs: ['10.99.66.77'], loadBalancerIPs: [] }])).toStrictEqual([]);
  });

  test('while an endpoint takes new connections, and with a policy of Local one of this node', () => {
    const rig = new Rig();
    const local: Service = { ...web, externalTrafficPolicy: 'local' };
    expect(rig.of([local], at('lb-1'))).toHaveLength(2);
    expect(rig.of([local], at('lb-1', { ready: false, serving: false }))).toStrictEqual([]);
    // One that shuts down and still serves takes connections where there is no other (KEP-1669).
    expect(rig.of([local], at('lb-1', { ready: false, terminating: true }))).toHaveLength(2);
    expect(rig.of([local], at('lb-2'))).toStrictEqual([]);
    expect(rig.of([web], at('lb-2'))).toHaveLength(2);
    expect(rig.of([web], [])).toStrictEqual([]);
  });

  test('for as long as one of several Services needs them', () => {
    const rig = new Rig();
    expect(rig.of([web, metrics])).toHaveLength(2);
    expect(rig.of([metrics])).toHaveLength(2);
    expect(rig.of([web, metrics])).toHaveLength(2);
    expect(rig.of([web, metrics], [sliceOf(web)])).toHaveLength(2);
    expect(rig.of([])).toStrictEqual([]);
  });

  test('for the Service that has the port, and for no other one that asks for it', () => {
    const settings = { ...BOTH, loadBalancerIPs: BOTH.externalIPs, announcedKinds: new Set(['externalIPs'] as const) };
    const first = service({ name: 'first', loadBalancerIPs: [EXTERNAL] });
    const second = service({ name: 'second', clusterIPs: ['10.99.66.12'], externalIPs: [EXTERNAL] });
    const rig = new Rig(settings);
    expect(rig.of([first, second])).toStrictEqual([]);
    expect(rig.of([second])).toStrictEqual([EXTERNAL]);
  });
});

test('the list is the same one until an address comes or goes', () => {
  const rig = new Rig();
  const before = rig.of([web]);
  const more = slice({ endpoints: [endpoint('10.1.0.101'), endpoint('10.1.0.102')] });
  expect(rig.of([web], [more])).toBe(before);
  expect(rig.of([web, metrics])).toBe(before);
  expect(rig.of([{ ...web, externalIPs: [] }])).not.toBe(before);
});

/** The plain definition, from scratch and in its own words. */
function announcedFromScratch(cluster: Snapshot, settings: DesiredSettings): string[] {
  const owners = new Map<string, { address: string; open: boolean; by: Service }>();
  for (const [key, by] of [...cluster.services].toSorted(([a], [b]) => (a < b ? -1 : 1))) {
    for (const [one, { address, realServers }] of compileService(key, cluster, settings).virtualServers) {
      const open = realServers.some(({ weight }) => weight > 0);
      if (!owners.has(one)) owners.set(one, { address, open, by });
    }
  }
  const found = [...owners.values()].filter(({ address, by, open }) => {
    const asks = (kind: 'externalIPs' | 'loadBalancerIPs') =>
      settings.announcedKinds.has(kind) &&
      by[kind].includes(address) &&
      settings[kind].some((prefix) => prefixContains(prefix, address));
    return open && (asks('externalIPs') || (asks('loadBalancerIPs') && !by.restricted));
  });
  return [...new Set(found.map(({ address }) => address))].toSorted();
}

test('after any events the addresses are those of the plain definition', () => {
  const address = fc.constantFrom('192.0.2.1', '192.0.2.2', '198.51.100.1', '203.0.113.1', '192.0.2.100');
  const addresses = fc.uniqueArray(address, { maxLength: 3 });
  const name = fc.constantFrom('a', 'b', 'c');
  const ports = fc.constantFrom<Service['ports']>([HTTP], [HTTP, { name: 'dns', protocol: 'udp', port: 53 }]);
  const putService = fc
    .record({
      name,
      ports,
      externalIPs: addresses,
      loadBalancerIPs: addresses,
      restricted: fc.boolean(),
      externalTrafficPolicy: fc.constantFrom('cluster' as const, 'local' as const),
    })
    .map((fields) => ({ key: `shop/${fields.name}`, service: service({ ...fields, clusterIPs: ['10.99.66.10'] }) }));
  const deleteService = name.map((one) => ({ key: `shop/${one}`, service: undefined }));
  const state = fc.record({
    ready: fc.boolean(),
    serving: fc.boolean(),
    terminating: fc.boolean(),
    nodeName: fc.constantFrom('lb-1', 'lb-2'),
  });
  const putSlice = fc.record({ name, ports, states: fc.array(state, { maxLength: 2 }) }).map((fields) => ({
    key: `shop/${fields.name}`,
    slice: slice({
      name: fields.name,
      service: fields.name,
      ports: fields.ports,
      endpoints: fields.states.map((one, index) => endpoint(`10.1.0.${index}`, one)),
    }),
  }));
  const event = fc.oneof(putService, putService, deleteService, putSlice, putSlice);
  const settings = fc
    .record({
      loadBalancerIPs: fc.constantFrom(['198.51.100.0/24'], ['198.51.100.0/24', '192.0.2.0/30'], []),
      kinds: fc.subarray(['externalIPs', 'loadBalancerIPs'] as const),
    })
    .map(({ kinds, loadBalancerIPs }) => ({ ...BOTH, loadBalancerIPs, announcedKinds: new Set(kinds) }));
  const property = fc.property(settings, fc.array(fc.array(event, { minLength: 1, maxLength: 3 })), (given, rounds) => {
    const table = new DesiredTable(given);
    const services = new Map<string, Service>();
    const slices = new Map<string, EndpointSlice>();
    for (const events of rounds) {
      for (const one of events) {
        if ('slice' in one) slices.set(one.key, one.slice);
        else if (one.service === undefined) services.delete(one.key);
        else services.set(one.key, one.service);
      }
      const cluster = snapshot([...services.values()], [...slices.values()]);
      table.update(
        cluster,
        events.map(({ key }) => key),
      );
      expect(table.announcedAddresses.toSorted()).toStrictEqual(announcedFromScratch(cluster, given));
    }
  });
  fc.assert(property, { numRuns: 500 });
});
