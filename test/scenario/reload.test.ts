import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, onTestFinished, test } from 'vitest';
import { PEER } from '../unit/bgp/sample.ts';
import { CANARY_KEY, eventually, NODE, pause, WEB, WEB_KEY } from './agent-rig.ts';
import { becomeSwitch, changeAtSwitch, Gobgpd, type Update } from './gobgpd.ts';
import { Network } from './gobgpd-network.ts';
import { asConfigMap, fileFor, ONE_PEER, ReloadNode, swapConfigMap, type Written } from './reload-rig.ts';

const OURS = { ...PEER, address: NODE, as: 64512 };
const SWITCH = '10.22.108.1';
const OTHER = '10.22.108.2';
const TWO_PEERS = `${ONE_PEER}, { address: ${OTHER}, as: 64501 }`;
const FIRST = '10.99.66.0/23';
const SECOND = '10.99.80.0/24';
/** gobgpd 3.10 takes 5 to 10 s to open a session. */
const SESSION = 40_000;
/** Longer than a look, a pass over gobgpd, and what it makes of one take. */
const QUIET_MS = 900;

let network: Network;
let ours: Gobgpd;
let tor: Gobgpd;
let other: Gobgpd;
let updates: Update[];
let keep: string;
let node: ReloadNode;

beforeAll(async () => {
  network = await Network.create(NODE, [SWITCH, OTHER]);
  [ours, tor, other] = (await Promise.all([1, 2, 3].map(() => Gobgpd.start(network)))) as [Gobgpd, Gobgpd, Gobgpd];
  await becomeSwitch(tor, SWITCH, 64500, OURS);
  await becomeSwitch(other, OTHER, 64501, OURS);
  tor.watchUpdates((update) => void (update.from === NODE && updates.push(update)));
});
afterAll(async () => {
  await Promise.all([ours, tor, other].map((gobgpd) => gobgpd?.[Symbol.asyncDispose]()));
  await network?.[Symbol.asyncDispose]();
});
beforeEach(async () => {
  updates = [];
  keep = await mkdtemp(join(tmpdir(), 'fairlead-reload-'));
  return async () => {
    await node.stop();
    await rm(keep, { recursive: true });
  };
});

async function start(written: Written = {}, at?: string): Promise<void> {
  node = await ReloadNode.start({ target: ours.target, keep, ...(at !== undefined && { at }) }, written);
}

const heardBy = async (gobgpd: Gobgpd): Promise<string[]> =>
  (await gobgpd.table()).map(({ prefix }) => prefix).toSorted();
const hears = (gobgpd: Gobgpd, ...prefixes: string[]): Promise<void> =>
  eventually(async () => expect(await heardBy(gobgpd)).toStrictEqual(prefixes.toSorted()), SESSION);

/** In service, and the first switch has these ranges. */
async function stands(...ranges: string[]): Promise<void> {
  await hears(tor, ...ranges);
  await eventually(() => expect(node.status.announcement.state).toBe('announced'));
  // What the switch has is told here a moment later.
  await pause(200);
}

/** What the first switch is told for something: one line for each UPDATE. */
async function told(what: () => unknown): Promise<string[]> {
  const before = updates.length;
  await what();
  await pause(QUIET_MS);
  return updates.slice(before).map(({ withdrawn }) => (withdrawn ? 'withdrawn' : 'announced'));
}

/** Writes a file and waits until another agent than before has it and has proven itself. */
async function takesUp(written: Written): Promise<void> {
  const { length } = node.rigs;
  await node.write(written);
  await eventually(() => expect(node.rigs.length).toBe(length + 1));
  await eventually(() => expect(node.rig.probe.rounds).toBeGreaterThan(3));
}

/** Since when the session with the first switch stands: the end of any session would show. */
const lost = (): readonly unknown[] =>
  node.rigs.flatMap((rig) => rig.lines.filter(({ event }) => event === 'session-lost'));
const sessionWith = (address: string) => node.status.peers.find((peer) => peer.address === address);
/** Whether the second session stands. */
const isUp = (up: boolean) => eventually(() => expect(sessionWith(OTHER)?.state === 'established').toBe(up), SESSION);
/** The keys of what is in the kernel for Services. */
const served = (): string[] => [...node.rig.kernel.table.keys()].filter((key) => key !== CANARY_KEY);

const LONG = { timeout: 120_000 };

test('a range comes, carries something else, and goes: the switch is told of that alone', LONG, async () => {
  await start();
  await stands(FIRST);
  const since = node.status.announcement.since;
  expect(await told(() => takesUp({ ranges: `${FIRST}, ${SECOND}` })), 'one more').toStrictEqual(['announced']);
  await stands(FIRST, SECOND);
  const coloured = `${FIRST}, { prefix: ${SECOND}, communities: ['64512:7'] }`;
  expect(await told(() => takesUp({ ranges: coloured })), 'a community').toStrictEqual(['announced']);
  await eventually(async () =>
    expect((await tor.table()).find(({ prefix }) => prefix === SECOND)?.communities).toStrictEqual([64512 * 65536 + 7]),
  );
  expect(await told(() => takesUp({})), 'gone').toStrictEqual(['withdrawn']);
  await stands(FIRST);
  expect(node.status.announcement, 'never another').toStrictEqual({ state: 'announced', since });
  expect(node.status.history).toHaveLength(1);
  expect(lost()).toStrictEqual([]);
  const changed = node.events('config-taken-up').map((event) => event['changed']);
  expect(changed).toStrictEqual([['ranges'], ['ranges[1]'], ['ranges']]);
});

test('peers come, change and go: the one that stays hears nothing, and keeps its session', LONG, async () => {
  await start();
  await stands(FIRST);
  expect(await told(() => takesUp({ peers: TWO_PEERS })), 'one more').toStrictEqual([]);
  await hears(other, FIRST);
  await isUp(true);
  const timers = `${ONE_PEER}, { address: ${OTHER}, as: 64501, holdTime: 30s }`;
  expect(await told(() => takesUp({ peers: timers })), 'other timers for that one').toStrictEqual([]);
  await isUp(true);
  await hears(other, FIRST);
  expect(await told(() => takesUp({})), 'it goes').toStrictEqual([]);
  await hears(other);
  expect(node.status.peers.map(({ address }) => address)).toStrictEqual([SWITCH]);
  expect(sessionWith(SWITCH)?.state).toBe('established');
});

test('Services from elsewhere: they are served, and the switch hears nothing', LONG, async () => {
  await start();
  await stands(FIRST);
  await mkdir(join(keep, 'elsewhere'));
  await writeFile(join(keep, 'elsewhere/web.yaml'), WEB.replaceAll('10.99.66.10', '10.99.66.20'));
  expect(await told(() => takesUp({ manifests: 'elsewhere' }))).toStrictEqual([]);
  await eventually(() => expect(served()).toStrictEqual([WEB_KEY.replace('66.10', '66.20')]));
  await rm(join(keep, 'manifests'), { recursive: true });
  await writeFile(join(keep, 'elsewhere/web.yaml'), WEB);
  await eventually(() => expect(served(), 'the new place is followed').toStrictEqual([WEB_KEY]));
});

/** A file in which the second switch has a password. */
const withSecret = async (password: string): Promise<Written> => {
  await writeFile(join(keep, password), password);
  return { peers: `${ONE_PEER}, { address: ${OTHER}, as: 64501, passwordFile: ${join(keep, password)} }` };
};

test('another file with a password: the session of that peer alone opens anew', LONG, async () => {
  await changeAtSwitch(other, { ...OURS, password: () => 'correct-horse' });
  onTestFinished(() => changeAtSwitch(other, OURS));
  await start(await withSecret('correct-horse'));
  await stands(FIRST);
  await isUp(true);
  const since = sessionWith(SWITCH)?.since;
  const swap = async (): Promise<void> => {
    await takesUp(await withSecret('battery-staple'));
    await isUp(false);
    await changeAtSwitch(other, { ...OURS, password: () => 'battery-staple' });
    await isUp(true);
  };
  expect(await told(swap)).toStrictEqual([]);
  expect(sessionWith(SWITCH)?.since).toBe(since);
});

test('how the node is checked and served changes without a word to the switch', LONG, async () => {
  await start();
  await stands(FIRST);
  const slower = { health: 'rise: 2, checks: [{ name: disk, exec: [/bin/true], interval: 1s }]' };
  expect(await told(() => takesUp(slower))).toStrictEqual([]);
  await eventually(() => expect(node.status.checks.find(({ name }) => name === 'own/disk')?.health).toBe('healthy'));
  expect(node.events('config-taken-up')).toMatchObject([{ changed: ['health.rise', 'health.checks'] }]);
  const { hash, loadedAt } = node.status.config ?? {};
  await node.writeText(`# a comment\n${await readFile(node.file, 'utf8')}`);
  await eventually(() => expect(node.status.config?.hash).not.toBe(hash));
  expect(node.status.config?.loadedAt).toBeGreaterThanOrEqual(loadedAt ?? 0);
  expect(node.rigs, 'a comment is nothing to change an agent for').toHaveLength(2);
});

test('a bad file changes nothing and is told of once; a good one is taken up again', LONG, async () => {
  await start();
  await stands(FIRST);
  const good = await readFile(node.file, 'utf8');
  const problems = (): string => node.status.config?.problems.join('\n') ?? '';
  const bad = async (): Promise<void> => {
    await node.writeText(good.replace('ranges:', 'rangs:'));
    await eventually(() => expect(problems()).toContain('did you mean ranges?'));
    await node.writeText(good.replace('localAs', 'localAS'));
    await eventually(() => expect(problems()).toContain('did you mean localAs?'));
    node.look();
    await writeFile(node.file, '');
    await eventually(() => expect(node.detail('config-stale')).toContain('found an empty file'));
    await rm(node.file);
    await eventually(() => expect(node.detail('config-stale')).toContain('ENOENT'));
  };
  expect(await told(bad)).toStrictEqual([]);
  expect(node.events('config-stale')).toHaveLength(4);
  expect(node.rigs).toHaveLength(1);
  await takesUp({ ranges: `${FIRST}, ${SECOND}` });
  await stands(FIRST, SECOND);
  expect(node.detail('config-stale')).toBeUndefined();
  expect(await readFile(join(keep, 'last-good.yaml'), 'utf8'), 'kept for the next start').toContain(SECOND);
});

test('a mounted ConfigMap is followed through its swaps', LONG, async () => {
  const options = { target: ours.target, keep };
  await asConfigMap(keep, fileFor(options, {}));
  await start({}, 'volume/config.yaml');
  await stands(FIRST);
  for (const ranges of [`${FIRST}, ${SECOND}`, FIRST]) {
    await swapConfigMap(keep, fileFor(options, { ranges }));
    await stands(...ranges.split(', '));
  }
  expect(updates.map(({ withdrawn }) => withdrawn)).toStrictEqual([false, false, true]);
});

test('ten edits in a row: the last one holds, and the switch hears of what is another in the end', LONG, async () => {
  await start();
  await stands(FIRST);
  const edits = async (): Promise<void> => {
    for (let edit = 1; edit <= 10; edit++) {
      const ranges = edit % 2 === 0 ? `${FIRST}, ${SECOND}` : FIRST;
      await node.write({ ranges, announcement: `maxHoldDown: ${edit}m`, health: `rise: ${edit}` });
      // Less than what a file is given to come to rest.
      await pause(20);
    }
    await eventually(() => expect(node.rig.agent.legacy.config.health.rise).toBe(10));
    await stands(FIRST, SECOND);
  };
  const words = await told(edits);
  // Each that was taken up in between may have brought the second range or taken it away, and nothing else. What comes and
  // goes faster than gobgpd sends is not sent.
  expect(words.at(-1), words.join()).toBe('announced');
  expect(updates.filter(({ withdrawn }) => !withdrawn).length).toBeLessThanOrEqual(6);
  expect(node.rigs.length).toBeLessThan(8);
  expect(lost()).toStrictEqual([]);
});

test('a withdrawn node stays withdrawn, and waits out its hold-down once', LONG, async () => {
  await start({ announcement: 'maxHoldDown: 3s' });
  await stands(FIRST);
  node.losesPackets = true;
  await hears(tor);
  const since = node.status.announcement.since;
  const faulty = async (): Promise<void> => takesUp({ ranges: `${FIRST}, ${SECOND}`, announcement: 'maxHoldDown: 4s' });
  expect(await told(faulty), 'with the fault').toStrictEqual([]);
  expect(node.status.announcement).toMatchObject({ state: 'withdrawn', reason: 'probe-failed', since });
  node.losesPackets = false;
  await eventually(() => expect(node.status.announcement).toMatchObject({ reason: 'held-down' }));
  const heldSince = node.status.announcement.since;
  await takesUp({ announcement: 'maxHoldDown: 5s' });
  expect(node.status.announcement).toMatchObject({ reason: 'held-down', since: heldSince });
  await stands(FIRST);
  expect(node.status.announcement.since - heldSince).toBeGreaterThanOrEqual(1000);
  expect(node.status.flaps).toBe(1);
});

test('a node that drains takes it up when it is done', LONG, async () => {
  await start();
  await stands(FIRST);
  node.orders.orderDrain(undefined, true);
  await hears(tor);
  await node.write({ ranges: `${FIRST}, ${SECOND}` });
  await eventually(() => expect(node.status.config?.waiting).toContain('drains'));
  expect(node.rigs).toHaveLength(1);
  expect(await told(() => {})).toStrictEqual([]);
  expect(node.events('config-waits')).toHaveLength(1);
  node.orders.callOffDrain();
  await stands(FIRST, SECOND);
  expect(node.status.config?.waiting).toBeUndefined();
});

test('what no agent can be made for is refused, and the one of before goes on', LONG, async () => {
  await start();
  await stands(FIRST);
  node.refuses = ({ dataplane }) => dataplane.firewall === 'iptables';
  const { length } = node.rigs;
  const refused = async (): Promise<void> => {
    await node.writeText((await readFile(node.file, 'utf8')).replace('10ms }', '10ms, firewall: iptables }'));
    await eventually(() => expect(node.detail('config-stale')).toContain('the kernel has no such thing'));
    await eventually(() => expect(node.rigs).toHaveLength(length + 1));
    await eventually(() => expect(node.rig.probe.rounds).toBeGreaterThan(3));
  };
  expect(await told(refused)).toStrictEqual([]);
  expect(node.rig.agent.legacy.config.dataplane.firewall).toBe('auto');
  expect(lost()).toStrictEqual([]);
});

test('what needs a restart is named, and the rest is taken up', LONG, async () => {
  await start();
  await stands(FIRST);
  const rest = 'http: { address: "127.0.0.1:9999" }\ndeadman: { socket: /tmp/other.sock, hang: { deprioritise: 4s } }';
  await takesUp({ rest, health: 'rise: 2' });
  await eventually(() => expect(node.detail('config-needs-restart')).toBe('deadman.socket, http.address'));
  expect(node.status.config?.needsRestart).toStrictEqual(['deadman.socket', 'http.address']);
  expect(node.rig.agent.legacy.config.health.rise).toBe(2);
  await takesUp({});
  await eventually(() => expect(node.detail('config-needs-restart')).toBeUndefined());
});
