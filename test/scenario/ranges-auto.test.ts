import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { PEER } from '../unit/bgp/sample.ts';
import { endpointSlice, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { eventually, NODE, pause } from './agent-rig.ts';
import { becomeSwitch, Gobgpd, type Update } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';
import { AutoNode, kubeconfigFor, SERVICE_CIDRS, serviceCidr } from './ranges-rig.ts';

const SWITCH = '10.22.108.1';
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 40_000;
/** Longer than several looks, a pass over gobgpd, and what it makes of one take. */
const QUIET_MS = 700;
const FIRST = '10.99.66.0/23';
const SECOND = '10.99.80.0/24';
/** All around the first one. */
const OUTER = '10.99.64.0/19';

let network: Network;
let ours: Gobgpd;
let tor: Gobgpd;
let updates: Update[];
let server: ApiServer;
let place: Awaited<ReturnType<typeof kubeconfigFor>>;

beforeAll(async () => {
  network = await Network.create(NODE, [SWITCH]);
  [ours, tor] = await Promise.all([Gobgpd.start(network), Gobgpd.start(network)]);
  await becomeSwitch(tor, SWITCH, 64500, { ...PEER, address: NODE, as: 64512 });
  tor.watchUpdates((update) => void (update.from === NODE && updates.push(update)));
});
afterAll(async () => {
  await Promise.all([ours?.[Symbol.asyncDispose](), tor?.[Symbol.asyncDispose]()]);
  await network?.[Symbol.asyncDispose]();
});

/** A cluster with one range and one Service in it. */
beforeEach(async () => {
  updates = [];
  server = new ApiServer();
  server.put(serviceCidr('kubernetes', [FIRST]));
  server.put(service('web', '10.99.66.10'));
  server.put(endpointSlice('web', ['10.1.0.101']));
  await server.up();
  place = await kubeconfigFor(server);
  return async () => {
    await server.down().catch(() => {});
    await place[Symbol.asyncDispose]();
  };
});

const start = (bgp = ''): Promise<AutoNode> => AutoNode.start({ target: ours.target, bgp, ...place });
/** What the switch has from this node. */
const heard = async (): Promise<string[]> => (await tor.table()).map(({ prefix }) => prefix).toSorted();
const hears = (...prefixes: string[]): Promise<void> =>
  eventually(async () => expect(await heard()).toStrictEqual(prefixes.toSorted()), SESSION);

async function running(work: (node: AutoNode) => Promise<void>, bgp?: string): Promise<void> {
  const node = await start(bgp);
  try {
    await work(node);
  } finally {
    await node.stop();
  }
}

/** In service with the first range, as the switch has it. */
async function stands(node: AutoNode, ...ranges: string[]): Promise<void> {
  await eventually(() => {
    expect(node.status.ranges).toStrictEqual(ranges);
    expect(node.status.announcement.state).toBe('announced');
  });
  await hears(...ranges);
}

/** What the switch is told for something: one line for each UPDATE. */
async function told(what: () => unknown): Promise<string[]> {
  const before = updates.length;
  await what();
  await pause(QUIET_MS);
  return updates.slice(before).map(({ withdrawn }) => (withdrawn ? 'withdrawn' : 'announced'));
}

test('a range comes and goes: the switch hears of it alone, and the session stays', { timeout: 120_000 }, () =>
  running(async (node) => {
    await stands(node, FIRST);
    const added = async (): Promise<void> => {
      server.put(serviceCidr('extra', [SECOND]));
      await hears(FIRST, SECOND);
      await stands(node, FIRST, SECOND);
    };
    expect(await told(added)).toStrictEqual(['announced']);
    expect(node.rigs).toHaveLength(2);
    expect(node.rigs[1]?.kernel.table.has('tcp/10.99.66.10:80')).toBe(true);
    expect(node.status.serviceCidrs?.objects).toStrictEqual({ kubernetes: [FIRST], extra: [SECOND] });

    server.put(service('more', '10.99.80.9'));
    server.put(endpointSlice('more', ['10.1.0.102']));
    await eventually(() => expect(node.rigs[1]?.kernel.table.has('tcp/10.99.80.9:80')).toBe(true));
    const doomed = serviceCidr('extra', [SECOND], { deletionTimestamp: '2026-01-01T00:00:00Z' });
    expect(await told(() => server.put(doomed)), 'one that is being deleted').toStrictEqual([]);
    expect(await told(() => server.delete(doomed)), 'one that is gone, with a Service left in it').toStrictEqual([]);
    expect(node.detail('ranges-stale')).toContain(`${SECOND}: in no ServiceCIDR`);
    const emptied = async (): Promise<void> => {
      server.delete(service('more', '10.99.80.9'));
      await hears(FIRST);
      await stands(node, FIRST);
    };
    expect(await told(emptied), 'without it').toStrictEqual(['withdrawn']);
    expect(node.detail('ranges-stale')).toBeUndefined();
    await eventually(() => expect(node.status.peers).toMatchObject([{ state: 'established', advertised: [FIRST] }]));
    expect(node.lines.filter(({ event }) => event === 'session-lost')).toStrictEqual([]);
  }),
);

test('one range around another: each is announced as it is, and goes without the other', { timeout: 120_000 }, () =>
  running(async (node) => {
    await stands(node, FIRST);
    server.put(serviceCidr('outer', [OUTER]));
    await stands(node, OUTER, FIRST);
    const shrinks = async (): Promise<void> => {
      server.delete(serviceCidr('outer', [OUTER]));
      await hears(FIRST);
    };
    expect(await told(shrinks), 'the outer one goes').toStrictEqual(['withdrawn']);
    server.put(serviceCidr('outer', [OUTER]));
    await hears(OUTER, FIRST);
    const grows = async (): Promise<void> => {
      server.delete(serviceCidr('kubernetes', [FIRST]));
      await hears(OUTER);
    };
    expect(await told(grows), 'the inner one goes, whose Service the outer one holds').toStrictEqual(['withdrawn']);
    await eventually(() => expect(node.status.ranges).toStrictEqual([OUTER]));
    await eventually(() => expect(node.rigs.at(-1)?.kernel.table.has('tcp/10.99.66.10:80')).toBe(true));
  }),
);

/** Every watch has to begin anew, from a new list. */
async function listAnew(): Promise<void> {
  const before = server.requests.length;
  server.compact();
  server.endWatches();
  const lists = () => server.requests.slice(before).filter(({ pathname }) => pathname === SERVICE_CIDRS);
  await eventually(() => expect(lists().length).toBeGreaterThan(1));
}

test('nothing is withdrawn for a list that is empty, or while there is no API server', { timeout: 120_000 }, () =>
  running(async (node) => {
    await stands(node, FIRST);
    server.delete(service('web', '10.99.66.10'));
    await eventually(() => expect(node.status.source.services).toBe(0));
    const emptied = (): void => server.delete(serviceCidr('kubernetes', [FIRST]));
    expect(await told(emptied), 'the last one goes').toStrictEqual([]);
    expect(node.detail('ranges-stale')).toContain(FIRST);
    expect(await told(listAnew), 'a list without any').toStrictEqual([]);
    expect(await told(() => server.down()), 'no API server').toStrictEqual([]);
    await eventually(() => expect(node.detail('ranges-stale')).toContain('ECONNREFUSED'));
    expect(node.status.announcement.state).toBe('announced');
    expect(node.rigs).toHaveLength(1);
  }),
);

test(
  'without an API server: the ranges that were kept, or what an earlier agent announces',
  { timeout: 120_000 },
  async () => {
    const first = await start();
    await stands(first, FIRST);
    await server.down();
    expect(await told(() => first.handOver()), 'an agent that ends').toStrictEqual([]);
    const second = await start();
    expect(second.status.ranges, 'by the file that the first one wrote').toStrictEqual([FIRST]);
    expect(second.detail('ranges-stale')).toBe('the ServiceCIDRs have not been read yet');
    await pause(QUIET_MS);
    await second.handOver();

    const bare = await kubeconfigFor(server);
    const third = await AutoNode.start({ target: ours.target, ...bare });
    const waits = async (): Promise<void> => {
      await eventually(() => expect(third.detail('ranges-unknown')).toContain('ECONNREFUSED'));
      expect(third.status.announcement).toMatchObject({ reason: 'starting', detail: 'waiting for the ServiceCIDRs' });
      expect(() => third.orders.orderDrain(undefined, false)).toThrow('no agent is in service');
    };
    expect(await told(waits), 'one that knows no ranges').toStrictEqual([]);
    expect(await heard()).toStrictEqual([FIRST]);
    await server.up();
    await stands(third, FIRST);
    expect(updates.map(({ withdrawn }) => withdrawn)).toStrictEqual([false]);
    await third.stop();
    await bare[Symbol.asyncDispose]();
  },
);

test.each([
  ['no such API', 404, /HTTP 404.*before Kubernetes 1\.33.*write the `ranges` down/],
  ['no right to read it', 403, /HTTP 403.*grant list and watch of servicecidrs/],
])('%s is said, with what helps, and ends by itself', { timeout: 120_000 }, async (_title, code, text) => {
  Object.assign(server.faults, { list: code, watch: code });
  await running(async (node) => {
    await eventually(() => expect(node.detail('ranges-unknown')).toMatch(text));
    expect(node.rigs).toHaveLength(0);
    Object.assign(server.faults, { list: undefined, watch: undefined });
    await stands(node, FIRST);
    expect(node.detail('ranges-unknown')).toBeUndefined();
  });
});

test('what cannot be a range is left out by name, and the rest is served', { timeout: 120_000 }, async () => {
  server.put(serviceCidr('bits', ['10.99.90.1/24', 'fd99:66::/112']));
  server.put(serviceCidr('node', ['10.22.0.0/16']));
  server.put(serviceCidr('peers', ['172.16.0.0/12']));
  server.put(serviceCidr('huge', ['11.0.0.0/7']));
  server.put(serviceCidr('wrong', 'all'));
  await running(async (node) => {
    await eventually(() => expect(node.status.announcement.state).toBe('announced'));
    expect(node.status.ranges).toStrictEqual([FIRST, 'fd99:66::/112']);
    await eventually(() =>
      expect(node.status.skipped.map(({ object }) => object)).toEqual(
        expect.arrayContaining(['bits', 'node', 'peers', 'huge', 'wrong'].map((name) => `ServiceCIDR ${name}`)),
      ),
    );
    expect(node.status.skipped.find(({ object }) => object.endsWith('node'))?.detail).toContain(`holds ${NODE}`);
  }, 'accept: [172.16.0.0/16]');
});

test('a node that drains keeps its agent, which alone knows all of the drain', { timeout: 120_000 }, () =>
  running(async (node) => {
    await stands(node, FIRST);
    node.orders.orderDrain(undefined, true);
    await hears();
    server.put(serviceCidr('extra', [SECOND]));
    expect(await told(() => {})).toStrictEqual([]);
    expect(node.rigs).toHaveLength(1);
    node.orders.callOffDrain();
    await hears(FIRST, SECOND);
    expect(node.rigs).toHaveLength(2);
  }),
);
