import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { buildImage, type BuiltImage, type Outcome } from '../../lab/image/image.ts';
import { Lab } from '../../lab/lab.ts';
import { machineClock } from '../../lab/observe/clock.ts';
import { Routes } from '../../lab/observe/routes.ts';
import { countBy, failed, Traffic } from '../../lab/observe/traffic.ts';
import { type Container, readPod } from './image/daemonset.ts';
import { Pod } from './image/pod.ts';
import { eventually } from './patience.ts';

const LBS = ['lb1', 'lb2', 'lb3'] as const;
const NODES = ['client', 'tor', ...LBS, 'fab', 'pod1', 'pod2'];
const UP_MS = 240_000;

/** The containers that stay; the manifest's other one is privileged, and ends. */
const confined = readPod().containers.filter(({ securityContext }) => !securityContext.privileged);

let outcome: Outcome;
let image: BuiltImage;
let lab: Lab;
let pods: readonly [Pod, Pod, Pod];
let routes: Routes;
let traffic: Traffic;

// A cold build takes a minute or two; the lab has to wait for it.
beforeAll(async () => {
  outcome = await buildImage((text) => process.stderr.write(text));
  if ('failure' in outcome) throw new Error(outcome.failure);
  if ('obstacle' in outcome) return;
  image = outcome;
  lab = await Lab.up({ nodes: NODES, start: false });
  await becomePatient();
  const [lb1, lb2, lb3] = LBS;
  pods = await Promise.all([Pod.prepare(lab, lb1, image), Pod.prepare(lab, lb2, image), Pod.prepare(lab, lb3, image)]);
  routes = await Routes.watch(lab, await machineClock(lab));
  await Promise.all([...['tor', 'pod1', 'pod2'].map((node) => lab.start(node)), ...pods.map((pod) => pod.boot())]);
  await routes.until(LBS, 0, UP_MS);
}, 600_000);
beforeEach(({ skip }) => 'obstacle' in outcome && skip(`the image cannot be built here: ${outcome.obstacle}`));
afterAll(() => lab?.down());

/** Sessions and agents get the time that a machine needs in which ten programs and more share one core. */
async function becomePatient(): Promise<void> {
  await edit('tor', '/etc/frr/frr.conf', { 'timers 1 3': 'timers 20 60' });
  for (const lb of LBS) {
    await edit(lb, '/etc/fairlead/config.yaml', {
      'holdTime: 3s': 'holdTime: 60s',
      'hang: { deprioritise: 3s, withdraw: 5s }': 'hang: { deprioritise: 60s, withdraw: 90s }',
    });
  }
}

async function edit(node: string, path: string, changes: Readonly<Record<string, string>>): Promise<void> {
  let text = await lab.readFile(node, path);
  for (const [from, to] of Object.entries(changes)) {
    expect(text).toContain(from);
    text = text.replace(from, to);
  }
  await lab.writeFile(node, path, text);
}

/** What a command prints in a container of lb1. */
async function said(container: string, ...argv: readonly string[]): Promise<string> {
  const { exitCode, stderr, stdout } = await pods[0].exec(container, ...argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stdout}${stderr}`);
  return stdout;
}

test('lb nodes that run the pod of the DaemonSet all announce the range, and clients are served through each', async () => {
  expect(routes.now).toStrictEqual(LBS);
  traffic = await Traffic.start(lab, { perSecond: 5, timeoutMs: 20_000 });
  const seen = (key: 'lb' | 'pod'): string => Object.keys(countBy(traffic.samples, key)).join(' ');
  await eventually(async () => seen('lb') === LBS.join(' ') && seen('pod') === 'pod1 pod2', 60_000);
  expect(failed(traffic.samples)).toStrictEqual([]);
});

interface Finding {
  readonly severity: string;
}

test('status and doctor work inside, and doctor finds nothing that keeps clients from being served', async () => {
  expect(await said('agent', 'fairlead', 'status')).toMatch(/^announced for /m);
  const { stderr, stdout } = await pods[0].exec('agent', 'fairlead', 'doctor', '--json');
  expect(stderr).toBe('');
  expect((JSON.parse(stdout) as Finding[]).filter(({ severity }) => severity === 'error')).toStrictEqual([]);
});

test.each(confined)(
  'the container $name has the capabilities of the manifest and no more, a seccomp filter, and a root that is read-only',
  async (container) => {
    const { stdout } = await pods[0].exec(container.name, 'sh', '-c', inspection(container));
    const [first = '', own = '', user, written] = stdout.split('--\n');
    const granted = maskOf(container.securityContext.capabilities?.add ?? []);
    const limits = { CapPrm: granted, CapEff: granted, CapBnd: granted, NoNewPrivs: '1', Seccomp: '2' };
    for (const status of [first, own]) {
      const numbers = [...status.matchAll(/^(\w+):\s+([0-9a-f]+)$/gm)].map((line) => line.slice(1));
      expect(Object.fromEntries(numbers)).toMatchObject({ ...limits, CapInh: maskOf([]), CapAmb: maskOf([]) });
    }
    expect(user).toBe('0\n');
    const writable = container.volumeMounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
    expect(written?.trim().split('\n').toSorted()).toStrictEqual(writable.toSorted());
  },
);

/** Asks for its first process, and for one that kubectl starts in it; and for what of these can be written to. */
function inspection({ volumeMounts }: Container): string {
  const places = ['/', '/tmp', '/run', '/var/lib', '/opt/fairlead', '/proc/sys/net/ipv4/ip_forward'];
  const all = [...places, ...volumeMounts.map(({ mountPath }) => mountPath)];
  return [
    'cat /proc/1/status; echo --',
    'cat /proc/self/status; echo --',
    'id -u; echo --',
    // Of a folder by a file in it; of a file by opening it for that.
    `for at in ${all.join(' ')}; do`,
    'if [ -d $at ]; then file=$at/written; else file=$at; fi',
    '(: >>$file) 2>/dev/null && echo $at; done; true',
  ].join('\n');
}

test('the image has every program that is started, and a gobgpd from 4.6 on', async () => {
  const started = ['fairlead', 'node', 'gobgpd', 'setpriv', 'nft', 'iptables-legacy-save', 'iptables-legacy-restore'];
  const forPeople = ['gobgp', 'ip6tables-legacy-save', 'ipset', 'ipvsadm', 'ip', 'modprobe', 'sh', 'cat'];
  const script =
    'for one in "$@"; do command -v "$one" >/dev/null || echo "$one"; done; node --version; gobgpd --version';
  const [node, gobgpd = ''] = (await said('agent', 'sh', '-c', script, 'sh', ...started, ...forPeople)).split('\n');
  expect(node).toBe(process.version);
  const [, major, minor] = /version (\d+)\.(\d+)/.exec(gobgpd) ?? [];
  expect(Number(major)).toBe(4);
  expect(Number(minor)).toBeGreaterThanOrEqual(6);
});

const isThere = (path: string): boolean => existsSync(join(image.root, path));

test('the image has nothing of the build left, and nothing that only builds', () => {
  const programs = ['npm', 'npx', 'yarn', 'corepack', 'gcc', 'cc', 'make', 'python3', 'curl', 'wget', 'git'];
  const leftovers = ['build', 'root/.npm', 'usr/local/include/node', 'usr/local/lib/node_modules', 'mnt/npm'];
  const fairlead = ['src', 'test', 'lab', 'node_modules/zod', 'node_modules/typescript', 'node_modules/koffi/vendor'];
  const absent = [
    ...programs.flatMap((name) => [`usr/bin/${name}`, `usr/local/bin/${name}`]),
    ...leftovers,
    ...fairlead.map((name) => `opt/fairlead/${name}`),
  ];
  expect(absent.filter(isThere)).toStrictEqual([]);
  expect(['opt/fairlead/dist/fairlead.js', 'opt/fairlead/LICENSE'].filter(isThere)).toHaveLength(2);
});

// The last one: it ends the agents.
test('without any one of its capabilities the agent ends at once, and says that it was refused something', async () => {
  const added = confined.find(({ name }) => name === 'agent')?.securityContext.capabilities?.add ?? [];
  expect(added.length).toBeGreaterThan(0);
  await Promise.all(pods.flatMap((pod) => confined.map(({ name }) => pod.kill(name))));
  for (const one of added) {
    const { exited } = await pods[0].start('agent', one);
    expect(await exited, one).toMatchObject({ exitCode: 1 });
    expect(await pods[0].log('agent'), one).toMatch(/^fairlead: kernel-refused: .*EPERM/m);
  }
});

/** The bits of capabilities (linux/capability.h), as /proc/PID/status writes them. */
function maskOf(names: readonly string[]): string {
  const bits = names.map((name) => 1n << BigInt(CAPABILITIES[name] ?? Number.NaN));
  return bits
    .reduce((sum, bit) => sum | bit, 0n)
    .toString(16)
    .padStart(16, '0');
}

const CAPABILITIES: Readonly<Record<string, number>> = {
  NET_BIND_SERVICE: 10,
  NET_ADMIN: 12,
  NET_RAW: 13,
  SYS_ADMIN: 21,
};
