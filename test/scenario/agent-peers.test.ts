import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { PLAIN } from '../../src/cli/render/screen.ts';
import { renderStatus } from '../../src/cli/render/one-node.ts';
import { UNREAD } from '../../src/model/traffic.ts';
import type { DefaultRoute } from '../../src/dataplane/netlink/default-routes.ts';
import type { Peer } from '../../src/model/path.ts';
import { PEER } from '../unit/bgp/sample.ts';
import { eventually, NODE, pause, RANGE, Rig, type RigOptions, WEB } from './agent-rig.ts';
import { endpointSlice, node, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { becomeSwitch, changeAtSwitch, Gobgpd } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';
import { openSource } from './kubernetes-source.ts';

const SWITCH = '10.22.108.1';
const OTHER = '10.22.108.2';
/** gobgpd 3.10 takes 5 to 10 s to open a session, and for some seconds more it may try with the old password. */
const SESSION = 45_000;

let network: Network;
let ours: Gobgpd;
let tor: Gobgpd;
let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fairlead-peers-'));
  network = await Network.create(NODE, [SWITCH, OTHER]);
  ours = await Gobgpd.start(network);
  tor = await Gobgpd.start(network);
});
afterEach(async () => {
  await Promise.all([ours, tor].map((gobgpd) => gobgpd[Symbol.asyncDispose]()));
  await network[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

const start = (options: Partial<RigOptions>): Promise<Rig> =>
  Rig.start({ target: ours.target, files: { 'web.yaml': WEB }, ...options });
const peerAt = (address: string, more = ''): string => `{ address: ${address}, as: 64500, connectRetry: 1s, ${more} }`;
/** Each peer that gobgpd has, and whether its session stands. */
const peersOf = (rig: Rig): string[] =>
  rig.status.peers.map(({ address, state }) => `${address} ${state === 'established' ? 'up' : 'down'}`);
const reaches = (rig: Rig, ...expected: string[]): Promise<void> =>
  eventually(() => expect(peersOf(rig)).toStrictEqual(expected), SESSION);
const eventsOf = (rig: Rig, name: string): readonly unknown[] => rig.lines.filter(({ event }) => event === name);

/** The node as the switch has it. */
const session = (password?: string): Peer => ({
  ...PEER,
  address: NODE,
  as: 64512,
  ...(password !== undefined && { password: () => password }),
});

const WIDE = { ...PLAIN, width: 10_000, all: true };

const outputOf = async (rig: Rig): Promise<string> =>
  [JSON.stringify([rig.lines, rig.status]), renderStatus(WIDE, rig.status, UNREAD), await rig.metrics()].join('\n');

describe('a password', () => {
  /** What nothing that the agent gives out may have in it. */
  const [FIRST, SECOND] = ['correct-horse', 'battery-staple'] as const;
  let file: string;
  beforeEach(() => {
    file = join(directory, 'password');
  });

  test('is changed in its file, and the session comes back with the new one: nobody is started anew', async () => {
    await writeFile(file, `${FIRST}\n`);
    await becomeSwitch(tor, SWITCH, 64500, session(FIRST));
    await using rig = await start({ peers: `[${peerAt(SWITCH, `passwordFile: ${file}`)}]` });
    await reaches(rig, `${SWITCH} up`);
    await changeAtSwitch(tor, session(SECOND));
    await reaches(rig, `${SWITCH} down`);
    await writeFile(file, `${SECOND}\n`);
    await reaches(rig, `${SWITCH} up`);
    await eventually(async () => expect(await tor.table()).toMatchObject([{ prefix: RANGE }]), SESSION);
    expect(eventsOf(rig, 'bgp-started')).toHaveLength(1);
    expect(eventsOf(rig, 'peer-added')).toHaveLength(1);
    const output = await outputOf(rig);
    for (const secret of [FIRST, SECOND]) expect(output).not.toContain(secret);
  });

  test('that cannot be read leaves its peer out, and the other peers serve', async () => {
    await becomeSwitch(tor, SWITCH, 64500, session());
    await writeFile(file, `${FIRST}\n${SECOND}\n`);
    await using rig = await start({ peers: `[${peerAt(SWITCH)}, ${peerAt(OTHER, `passwordFile: ${file}`)}]` });
    await reaches(rig, `${SWITCH} up`);
    await eventually(async () => expect(await tor.table()).toMatchObject([{ prefix: RANGE }]), SESSION);
    const detail = `${OTHER}: ${file}: expected one line of 1 to 80 bytes, found a control character`;
    expect(rig.status.conditions).toContainEqual({ code: 'peer-unresolved', detail });
    await writeFile(file, FIRST);
    await eventually(() => expect(peersOf(rig)).toStrictEqual([`${SWITCH} up`, `${OTHER} down`]));
    expect(rig.conditions).not.toContain('peer-unresolved');
    const output = await outputOf(rig);
    for (const secret of [FIRST, SECOND]) expect(output).not.toContain(secret);
  });
});

const via = (gateway: string): readonly DefaultRoute[] => [
  { family: 'ipv4', metric: 0, hops: [{ interface: 'eth0', gateway }] },
];

test('the gateway of the default route is the peer, and is kept until another one appears', async () => {
  await becomeSwitch(tor, SWITCH, 64500, session());
  await using rig = await start({ peers: '[{ gateway: ipv4, as: 64500, connectRetry: 1s }]', routes: via(SWITCH) });
  await reaches(rig, `${SWITCH} up`);
  rig.routes = [];
  rig.peers.look();
  await pause(200);
  expect(peersOf(rig)).toStrictEqual([`${SWITCH} up`]);
  rig.routes = via(OTHER);
  rig.peers.look();
  await reaches(rig, `${OTHER} down`);
  expect(eventsOf(rig, 'peer-deleted')).toMatchObject([{ peer: SWITCH }]);
});

describe('a peer for nodes with a label', () => {
  let server: ApiServer;
  const peers = `[${peerAt(SWITCH, 'nodes: { labels: { topology.kubernetes.io/zone: zone-a } }')}, ${peerAt(OTHER)}]`;

  beforeEach(async () => {
    server = new ApiServer();
    await server.up();
    server.put(service('web', '10.99.66.10'));
    server.put(endpointSlice('web', ['10.1.0.101']));
    await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
    await becomeSwitch(tor, SWITCH, 64500, session());
    return () => server.down();
  });

  const options = () => ({ peers, source: openSource(directory), nodeFile: join(directory, 'node.json') });

  test('is one of this node while it has that label', async () => {
    await using rig = await start(options());
    await reaches(rig, `${OTHER} down`);
    const detail = `${SWITCH} depends on labels of this node, which are not known yet`;
    expect(rig.status.conditions).toContainEqual({ code: 'peer-unresolved', detail });
    server.put(node('lb-1', 'zone-a'));
    await reaches(rig, `${SWITCH} up`, `${OTHER} down`);
    expect(rig.conditions).not.toContain('peer-unresolved');
    server.put(node('lb-1', 'zone-b'));
    await reaches(rig, `${OTHER} down`);
    expect(rig.conditions).not.toContain('peer-unresolved');
  });

  test('keeps its session while the API server is away, through a restart of the agent', async () => {
    server.put(node('lb-1', 'zone-a'));
    await using before = await start(options());
    await reaches(before, `${SWITCH} up`, `${OTHER} down`);
    server.faults.list = 503;
    server.faults.watch = 503;
    server.reset();
    await eventually(() => expect(before.conditions).toContain('source-stale'));
    expect(peersOf(before)).toStrictEqual([`${SWITCH} up`, `${OTHER} down`]);
    await before.handOver();
    await using rig = await start(options());
    await eventually(() => expect(rig.status.peers).toHaveLength(2));
    await pause(300);
    expect(peersOf(rig)).toStrictEqual([`${SWITCH} up`, `${OTHER} down`]);
    expect([...eventsOf(before, 'peer-deleted'), ...eventsOf(rig, 'peer-deleted')]).toStrictEqual([]);
  });
});

test('a session that is lost three times is one that flaps', { timeout: 180_000 }, async () => {
  await becomeSwitch(tor, SWITCH, 64500, session());
  await using rig = await start({ peers: `[${peerAt(SWITCH)}]` });
  for (const count of [1, 2, 3]) {
    await reaches(rig, `${SWITCH} up`);
    expect(rig.conditions).not.toContain('peer-flapping');
    await tor.kill();
    await eventually(() => expect(rig.status.counts.sessionsLost).toStrictEqual({ [SWITCH]: count }));
    await tor.start();
    await becomeSwitch(tor, SWITCH, 64500, session());
  }
  const detail = `${SWITCH} was lost 3 times in 10 minutes`;
  expect(rig.status.conditions).toContainEqual({ code: 'peer-flapping', detail });
  expect(await rig.metrics()).toContain(`fairlead_sessions_lost_total{peer="${SWITCH}"} 3`);
});
