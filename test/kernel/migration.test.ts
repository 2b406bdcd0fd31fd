import { afterAll, beforeAll, expect, test } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { machineClock } from '../../lab/observe/clock.ts';
import { Routes } from '../../lab/observe/routes.ts';
import { countBy, failed, type Sample, Traffic, WEB } from '../../lab/observe/traffic.ts';
import type { Status } from '../../src/model/status.ts';
import { parsePage } from '../unit/docs/markdown.ts';
import { readRepository } from '../unit/docs/pages.ts';
import { eventually } from './patience.ts';

/** The migration of docs/migration.md with two nodes: its own words for FRR, over a data plane as kube-router leaves it. */

const CONFIG = '/etc/fairlead/config.yaml';
/** The lb nodes by the address that they have in the page. */
const NODES = [
  { name: 'lb1', gobgp: 'gobgp1', here: '10.0.2.6', there: '10.22.108.100', inside: '10.1.0.11' },
  { name: 'lb2', gobgp: 'gobgp2', here: '10.0.2.10', there: '10.22.108.101', inside: '10.1.0.12' },
] as const;
type Node = (typeof NODES)[number];
const LBS = NODES.map(({ name }) => name);

let lab: Lab;
let routes: Routes;
let traffic: Traffic;

const [leave = '', join = '', worse = '', gone = ''] = parsePage(
  'docs/migration.md',
  readRepository('docs/migration.md'),
)
  .blocks.filter(({ info }) => info === 'frr')
  .map(({ text }) => text);

async function run(node: string, argv: readonly string[], input = ''): Promise<string> {
  const { exitCode, stderr, stdout } = await lab.exec(node, argv, { input });
  expect([exitCode, stderr], `${node}: ${argv.join(' ')}`).toStrictEqual([0, '']);
  return stdout;
}

/** Gives the switch a block of the page, in the addresses of the lab. */
async function onSwitch(text: string, node?: Node): Promise<void> {
  const theirs = node ? text.replaceAll(NODES[0].there, node.there) : text;
  const ours = NODES.reduce((words, { here, there }) => words.replaceAll(there, here), theirs);
  await lab.writeFile('tor', '/run/frr/migration.conf', `${ours}\n`);
  await lab.exec('tor', ['vtysh', '-f', '/run/frr/migration.conf']);
}

/** What kube-router with --run-service-proxy makes of the Service, and the SNAT rule that people add to it. */
async function oldProxy({ inside, name }: Node): Promise<void> {
  const settings = ['ip_forward', 'vs.conntrack', 'vs.expire_nodest_conn', 'vs.expire_quiescent_template'];
  await run(name, ['sysctl', '-qw', ...settings.map((key) => `net.ipv4.${key}=1`)]);
  await run(name, ['ip', 'link', 'add', 'kube-dummy-if', 'type', 'dummy']);
  await run(name, ['ip', 'link', 'set', 'kube-dummy-if', 'up']);
  await run(name, ['ip', 'addr', 'add', `${WEB}/32`, 'dev', 'kube-dummy-if']);
  const pods = ['10.1.0.101', '10.1.0.102'].map((pod) => `-a -t ${WEB}:80 -r ${pod}:8080 -m -w 1`);
  await run(name, ['ipvsadm', '-R'], `${[`-A -t ${WEB}:80 -s rr`, ...pods].join('\n')}\n`);
  const match = ['-m', 'ipvs', '--vaddr', '10.99.66.0/23', '--vdir', 'ORIGINAL'];
  await run(name, ['iptables-legacy', '-t', 'nat', '-A', 'POSTROUTING', ...match, '-j', 'SNAT', '--to-source', inside]);
}

/** As `kube-router --cleanup-config`: all of IPVS goes, and the interface with its address. */
async function oldProxyLeaves({ name }: Node): Promise<void> {
  await run(name, ['ipvsadm', '-C']);
  await run(name, ['ip', 'link', 'del', 'kube-dummy-if']);
}

const status = async (name: string): Promise<Status | undefined> => {
  const { stdout } = await lab.exec(name, ['fairlead', 'status', '--json']);
  return stdout === '' ? undefined : (JSON.parse(stdout) as Status);
};

const bestPaths = async (): Promise<string> => run('tor', ['vtysh', '-c', 'show ip route 10.99.66.0/23']);

const uses = (...names: readonly string[]): Promise<unknown> =>
  eventually(() => Promise.resolve(routes.now.join() === names.join()), 60_000);

beforeAll(async () => {
  expect([leave, join, worse, gone].every((text) => text.includes('10.99.66.0/23'))).toBe(true);
  const nodes = ['client', 'tor', 'fab', 'pod1', 'pod2', ...NODES.flatMap(({ gobgp, name }) => [name, gobgp])];
  lab = await Lab.up({ nodes, start: false });
  for (const { name } of NODES) {
    const config = await lab.readFile(name, CONFIG);
    // The old way is IPv4 alone.
    await lab.writeFile(name, CONFIG, config.replace(", 'fd99:66::/112'", ''));
  }
  await Promise.all(['tor', 'pod1', 'pod2'].map((node) => lab.start(node)));
  await run('tor', [
    'sh',
    '-c',
    'until [ -S /run/frr/bgpd.vty ]; do sleep 0.1; done; /usr/lib/frr/staticd -d -u frr -g frr',
  ]);
  await Promise.all(NODES.map(oldProxy));
  for (const node of NODES) await onSwitch(join, node);
  const now = await machineClock(lab);
  routes = await Routes.watch(lab, now);
  await uses(...LBS);
  traffic = await Traffic.start(lab, { perSecond: 25, timeoutMs: 10_000 });
}, 180_000);

afterAll(() => lab?.down());

/** A request that was under way when the set of next hops changed may have been moved to a node that does not know it. */
const wasMoved = ({ at, tookMs }: Sample): boolean =>
  routes.states.some((state) => state.at >= at - 100 && state.at <= at + tookMs + 100);

test.each(NODES)(
  '$name leaves the static route, is rebuilt, and comes back to it',
  async (node) => {
    const other = LBS.filter((name) => name !== node.name);
    await onSwitch(leave, node);
    await uses(...other);
    await oldProxyLeaves(node);
    await lab.start(node.gobgp);
    await lab.start(node.name);
    await eventually(async () => (await status(node.name))?.announcement.state === 'announced', 90_000);
    await eventually(
      async () => (await run('tor', ['vtysh', '-c', 'show bgp ipv4 unicast'])).includes(node.here),
      60_000,
    );
    // The path is learned, and the static route over the other node is the one that is used.
    expect(await bestPaths()).toMatch(/"static", distance 1, .*best/);
    expect(routes.now).toStrictEqual(other);
    await onSwitch(join, node);
    await uses(...LBS);
  },
  240_000,
);

test('static becomes BGP with the same next hops, and the static routes go', async () => {
  await onSwitch(worse);
  await eventually(async () => /"bgp", distance 20, .*best/.test(await bestPaths()), 60_000);
  await uses(...LBS);
  await onSwitch(gone);
  await eventually(async () => !(await bestPaths()).includes('static'), 60_000);
  expect(routes.now).toStrictEqual(LBS);
}, 120_000);

test('all the time the client was served', () => {
  const samples = traffic.samples;
  const without = routes.states.filter(({ nexthops }) => nexthops.length === 0);
  process.stdout.write(
    `migration: ${samples.length} requests, ${failed(samples).length} failed, by lb ${JSON.stringify(countBy(samples, 'lb'))}, ${routes.states.length} states of the route, ${without.length} without a next hop\n`,
  );
  expect(without).toStrictEqual([]);
  expect(failed(samples).filter((sample) => !wasMoved(sample))).toStrictEqual([]);
  expect(samples.length).toBeGreaterThan(200);
  expect(Object.keys(countBy(samples, 'lb'))).toStrictEqual(LBS);
});
