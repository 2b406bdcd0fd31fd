import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../../lab/observe/agents.ts';
import { Lab } from '../../lab/lab.ts';
import type { Status } from '../../src/model/status.ts';
import { type Ask, startAsker } from './asker.ts';
import { eventually } from './patience.ts';
import { addressesSettled } from './settled.ts';

const WEB = '10.99.66.10';
const CONFIG = '/etc/fairlead/config.yaml';

let lab: Lab;
let ask: Ask;
let config: string;

/** What a command in lb1 prints. */
const lb1 = async (argv: string[], input = ''): Promise<string> => {
  const { exitCode, stderr, stdout } = await lab.exec('lb1', argv, { input });
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
};

const status = async (): Promise<Status> =>
  JSON.parse((await lab.exec('lb1', ['fairlead', 'status', '--json'])).stdout) as Status;

/** `announced`, or the reason of the withdrawal, as the agent's log has it last. */
const phase = async (): Promise<string | undefined> => {
  const last = (await eventsOf(lab, 'lb1')).findLast(({ event }) => /^(announced|withdrawn|held-down)$/.test(event));
  return last?.reason ?? last?.event;
};
const reaches = (expected: string): Promise<unknown> => eventually(async () => (await phase()) === expected, 60_000);
const torRoutes = async (): Promise<string> => (await lab.exec('tor', ['ip', 'route', 'show', '10.99.66.0/23'])).stdout;
/** The switch takes a moment to learn what has been announced. */
const routed = (): Promise<unknown> => eventually(async () => (await torRoutes()).includes('via 10.0.2.6'), 60_000);

const COUNTERS = /\[\d+:\d+\]|^#.*\n?/gm;
/** What a table has as soon as somebody looks at it: it says nothing. */
const EMPTY = /^(\*\w+|COMMIT|:\w+ ACCEPT) *\n/gm;

/** All that an agent could have changed, without the counters. */
async function kernelState(): Promise<Record<string, string>> {
  await addressesSettled(lab, 'lb1');
  const commands = {
    ipvs: ['ipvsadm', '-Sn'],
    rules: ['iptables-legacy-save'],
    sets: ['ipset', 'save'],
    routes: ['ip', 'route', 'show', 'table', 'all'],
    links: ['ip', '-br', 'link'],
    sysctls: ['sysctl', 'net.ipv4.ip_forward', 'net.ipv4.vs.conntrack', 'net.ipv4.vs.expire_nodest_conn'],
  };
  const found: [string, string][] = [];
  for (const [what, argv] of Object.entries(commands)) {
    found.push([what, (await lb1(argv)).replaceAll(COUNTERS, '').replaceAll(EMPTY, '')]);
  }
  return Object.fromEntries(found);
}

/** The lines that one text has and another has not. */
const added = (now = '', then = ''): string[] => now.split('\n').filter((line) => !then.includes(line.trim()));

/** The rules of kube-proxy in iptables mode for one Service, in its own words but for the hashes. */
const KUBE_PROXY = `*nat
:KUBE-SERVICES - [0:0]
:KUBE-MARK-MASQ - [0:0]
:KUBE-POSTROUTING - [0:0]
:KUBE-SVC-WEB - [0:0]
:KUBE-SEP-POD1 - [0:0]
-A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
-A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
-A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
-A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
-A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
-A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE
-A KUBE-SERVICES -d ${WEB}/32 -p tcp -m comment --comment "default/web:http cluster IP" -m tcp --dport 80 -j KUBE-SVC-WEB
-A KUBE-SVC-WEB ! -s 10.1.0.0/24 -d ${WEB}/32 -p tcp -m tcp --dport 80 -j KUBE-MARK-MASQ
-A KUBE-SVC-WEB -m comment --comment "default/web:http -> 10.1.0.101:8080" -j KUBE-SEP-POD1
-A KUBE-SEP-POD1 -p tcp -m tcp -j DNAT --to-destination 10.1.0.101:8080
COMMIT
`;
const kubeProxyStarts = (): Promise<string> => lb1(['iptables-legacy-restore', '--noflush'], KUBE_PROXY);
/** As `kube-proxy --cleanup` ends: the chains are flushed and deleted. */
const kubeProxyLeaves = (): Promise<string> => lb1(['iptables-legacy', '-t', 'nat', '-F']);

async function restart(mode: 'ipvs' | 'none'): Promise<void> {
  if (lab.running('lb1')) await lab.kill('lb1', 'SIGTERM');
  await lab.writeFile('lb1', CONFIG, `${config}dataplane: { mode: ${mode} }\n`);
  await lab.start('lb1');
}

beforeAll(async () => {
  lab = await Lab.up({ nodes: ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1', 'pod2'], start: false });
  // The proxy of this test serves IPv4 alone.
  config = (await lab.readFile('lb1', CONFIG)).replace(/, 'fd99:66::\/112'/, '');
  for (const node of ['tor', 'gobgp1', 'pod1', 'pod2']) await lab.start(node);
  ask = await startAsker(lab, 'client');
}, 180_000);

afterAll(() => lab?.down());

describe('beside kube-proxy in iptables mode', () => {
  test('mode ipvs touches nothing and says why', async () => {
    await kubeProxyStarts();
    const before = await kernelState();
    await restart('ipvs');
    await reaches('neighbour-owns-services');
    await eventually(async () => (await status()).source.synced);
    expect(await kernelState()).toStrictEqual(before);
    expect((await status()).announcement).toMatchObject({
      reason: 'neighbour-owns-services',
      detail: `kube-proxy (iptables): the chain KUBE-SERVICES of iptables has ${WEB}`,
    });
  });

  test('a second agent does not start', async () => {
    const { exitCode, stderr } = await lab.exec('lb1', ['fairlead', 'run', '--config', CONFIG]);
    expect(stderr).toMatch(/^fairlead: already-running: /);
    expect(exitCode).toBe(1);
  });

  test('mode none announces, and a client is served through the rules of kube-proxy', async () => {
    await lb1(['sysctl', '-w', 'net.ipv4.ip_forward=1']);
    const before = await kernelState();
    await restart('none');
    await reaches('announced');
    await routed();
    expect((await ask(WEB, 80, '/')).answer).toBe('pod1 10.1.0.11');
    const { links, routes, ...rest } = await kernelState();
    expect(rest).toStrictEqual({
      ipvs: before['ipvs'],
      rules: before['rules'],
      sets: before['sets'],
      sysctls: before['sysctls'],
    });
    expect(added(routes, before['routes']).filter((line) => !line.includes('dev fairlead-probe'))).toEqual([]);
    expect(added(links, before['links']).map((line) => line.split('@')[0])).toEqual(['fairlead-probe']);
  });

  test('mode none withdraws when FORWARD is blocked, and comes back', async () => {
    await lb1(['iptables-legacy', '-P', 'FORWARD', 'DROP']);
    await reaches('probe-failed');
    await eventually(async () => !(await torRoutes()).includes('via 10.0.2.6'));
    await lb1(['iptables-legacy', '-P', 'FORWARD', 'ACCEPT']);
    await reaches('announced');
  });

  test('mode ipvs refuses again, and goes up once kube-proxy has emptied its chains', async () => {
    await restart('ipvs');
    await reaches('neighbour-owns-services');
    await kubeProxyLeaves();
    await reaches('announced');
    await routed();
    expect(await lb1(['ipvsadm', '-Sn'])).toContain(`-a -t ${WEB}:80 -r 10.1.0.101:8080 -m -w 1`);
    expect((await ask(WEB, 80, '/')).answer).toMatch(/^pod\d 10\.1\.0\.11$/);
  });
});

test('beside kube-proxy in ipvs mode that comes later, the agent withdraws and leaves the kernel as it is', async () => {
  await lb1(['ip', 'link', 'add', 'kube-ipvs0', 'type', 'dummy']);
  await reaches('neighbour-owns-services');
  await eventually(async () => !(await torRoutes()).includes('via 10.0.2.6'));
  await lb1(['ipvsadm', '-D', '-t', `${WEB}:80`]);
  const begin = await lab.clock();
  await lb1(['ip', 'link', 'del', 'kube-ipvs0']);
  await reaches('announced');
  const changed = (await eventsOf(lab, 'lb1')).find(({ at, event }) => at >= begin && event === 'kernel-changed');
  expect(changed?.part, 'it was put back, and not before').toBe('ipvs');
  expect(await lb1(['ipvsadm', '-Sn'])).toContain(`-A -t ${WEB}:80`);
});
