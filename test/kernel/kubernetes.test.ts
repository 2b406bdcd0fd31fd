import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { eventsOf } from '../../lab/observe/agents.ts';
import { type Clock, machineClock } from '../../lab/observe/clock.ts';
import { failed, Traffic, WEB } from '../../lab/observe/traffic.ts';
import { AGENT_USER } from '../cluster/agent-account.ts';
import { obstacleToCluster } from '../cluster/programs.ts';
import { Tor } from '../fault/tor.ts';
import { endpointSlice, node, service } from '../scenario/api-objects.ts';
import { ControlPlane } from './kubernetes/control-plane.ts';
import { eventually } from './patience.ts';
import { RANGE } from './scene.ts';

const obstacle = obstacleToCluster();
const UPLINK = '10.0.2.6';
/** Of a Service that is also reached by an address of its own. */
const SHOP = '10.99.66.20';
const EXTERNAL = '198.51.100.20';

/** An emulated machine in which an API server starts has no time for others: what comes late has been served. */
const PATIENCE_MS = 20_000;

/** Every default, but for one address that is announced by itself: what the switch holds changes with the Service. */
const CONFIG = `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { kubernetes: { kubeconfig: /etc/fairlead/kubeconfig } }
ranges: [${RANGE}]
dataplane: { externalIPs: [198.51.100.0/24] }
announcement: { services: { externalIPs: true } }
bgp:
  gobgp: unix:///run/gobgp/gobgp.sock
  localAs: 64512
  routerId: ${UPLINK}
  peers: [{ address: 10.0.2.5, as: 64500, holdTime: 9s }]
`;

let lab: Lab;
let controlPlane: ControlPlane;
let traffic: Traffic;
let now: Clock;
/** Which lines of the audit log are of an API server that is not ready: it refuses all until it has read its roles. */
let unready = { from: 0, to: 0 };

beforeAll(async () => {
  if (obstacle !== undefined) return;
  const nodes = ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1', 'pod2'];
  lab = await Lab.up({ nodes, start: false });
  controlPlane = await ControlPlane.start(lab);
  await controlPlane.apply(node('lb1', 'a'), service('web', WEB), endpointSlice('web', ['10.1.0.101', '10.1.0.102']));
  await lab.writeFile('lb1', '/etc/fairlead/kubeconfig', await controlPlane.agentKubeconfig('lb1'));
  await lab.writeFile('lb1', '/etc/fairlead/config.yaml', CONFIG);
  await Promise.all(['pod1', 'pod2', 'tor', 'gobgp1', 'lb1'].map((name) => lab.start(name)));
  await eventually(async () => (await route(RANGE)).includes(`via ${UPLINK}`), 90_000);
  now = await machineClock(lab);
  traffic = await Traffic.start(lab, { perSecond: 10, timeoutMs: PATIENCE_MS });
}, 360_000);
beforeEach(({ skip }) => obstacle !== undefined && skip(obstacle));
afterAll(() => lab?.down());

/** What a command in a node prints. */
async function run(name: string, ...argv: readonly string[]): Promise<string> {
  const { exitCode, stderr, stdout } = await lab.exec(name, argv);
  if (exitCode !== 0) throw new Error(`${name}: ${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
}

const route = (prefix: string): Promise<string> => run('tor', 'ip', 'route', 'show', prefix);

/** The real servers of a virtual server in the kernel, each with its weight; undefined where there is no such virtual server. */
async function realServers(address: string): Promise<string[] | undefined> {
  const lines = (await run('lb1', 'ipvsadm', '-Sn')).split('\n').filter((line) => line.includes(` ${address}:80 `));
  const servers = lines.flatMap((line) => /-r (\S+):8080 .*-w (\d+)/.exec(line)?.slice(1).join(' ') ?? []);
  return lines.length === 0 ? undefined : servers.toSorted();
}

const becomes = (address: string, wanted: readonly string[] | undefined): Promise<unknown> =>
  eventually(async () => (await realServers(address))?.join() === wanted?.join(), 30_000);

test('what kubectl applies, scales and deletes shows up in IPVS, and in what is announced to the switch', async () => {
  const shop = service('shop', SHOP);
  const reached = { ...shop, spec: { ...(shop['spec'] as object), externalIPs: [EXTERNAL] } };
  await controlPlane.apply(reached, endpointSlice('shop', ['10.1.0.101']));
  await becomes(SHOP, ['10.1.0.101 1']);
  await becomes(EXTERNAL, ['10.1.0.101 1']);
  await eventually(async () => (await route(`${EXTERNAL}/32`)).includes(`via ${UPLINK}`), 30_000);
  await controlPlane.apply(endpointSlice('shop', ['10.1.0.101', '10.1.0.102']));
  await becomes(SHOP, ['10.1.0.101 1', '10.1.0.102 1']);
  await controlPlane.apply(endpointSlice('shop', ['10.1.0.102']));
  await becomes(SHOP, ['10.1.0.102 1']);
  await controlPlane.kubectl('', 'delete', 'service/shop', 'endpointslice/shop-x1');
  await becomes(SHOP, undefined);
  await eventually(async () => (await route(`${EXTERNAL}/32`)) === '', 30_000);
});

test('kubectl shows how the node announces', async () => {
  const wait = ['wait', 'node/lb1', '--for=condition=FairleadAnnouncing', '--timeout=30s'];
  expect(await controlPlane.kubectl('', ...wait)).toContain('condition met');
});

test('the API server killed, etcd compacted and the API server restarted: nothing that is served changes', async () => {
  const tor = new Tor(lab, 'frr');
  const before = { table: await run('lb1', 'ipvsadm', '-Sn'), history: await tor.history() };
  const at = now();
  const from = (await controlPlane.audit()).length;
  await controlPlane.killApiServer();
  await agentSays('source-lost', at);
  await controlPlane.compact();
  await controlPlane.startApiServer();
  unready = { from, to: (await controlPlane.audit()).length };
  await agentSays('source-recovered', at);
  expect({ table: await run('lb1', 'ipvsadm', '-Sn'), history: await tor.history() }).toStrictEqual(before);
  const samples = traffic.between(at, now() - 1000);
  expect(samples.length).toBeGreaterThan(50);
  expect(failed(samples)).toStrictEqual([]);
  const events = (await eventsOf(lab, 'lb1')).filter((event) => event.at >= at).map(({ event }) => event);
  expect(events).not.toContain('withdrawn');
  expect(events).not.toContain('deprioritised');
});

test('and the agent follows again', async () => {
  await controlPlane.apply(service('late', SHOP), endpointSlice('late', ['10.1.0.102']));
  await becomes(SHOP, ['10.1.0.102 1']);
  await controlPlane.apply(endpointSlice('web', ['10.1.0.102']));
  await eventually(async () => (await realServers(WEB))?.includes('10.1.0.101 1') === false, 30_000);
});

test('in all of this, nothing was refused to the agent', async () => {
  const answered = (await controlPlane.audit()).filter((_, line) => line < unready.from || line >= unready.to);
  const asked = answered.filter(({ user }) => user === AGENT_USER);
  expect(asked.length).toBeGreaterThan(10);
  expect(asked.filter(({ status }) => status === 401 || status === 403)).toStrictEqual([]);
});

/** Resolves once the agent has logged an event. */
const agentSays = (wanted: string, since: number): Promise<unknown> =>
  eventually(async () => (await eventsOf(lab, 'lb1')).some(({ at, event }) => event === wanted && at >= since), 60_000);
