import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import { eventsOf } from '../../lab/observe/agents.ts';
import type { Status } from '../../src/model/status.ts';
import { eventually } from './patience.ts';

const CONFIG = '/etc/fairlead/config.yaml';
const POD = '10.1.0.101';
/** Whoever looks at the kernel once an hour sees nothing of what these tests do. */
const SETTINGS = `
dataplane:
  auditInterval: 1h
health:
  checks:
    - { name: pod, tcp: '${POD}:8080' }
    - { name: fine, exec: ['true'], interval: 5s, timeout: 5s }
`;
let lab: Lab;

const lb1 = async (...argv: string[]): Promise<string> => {
  const { exitCode, stderr, stdout } = await lab.exec('lb1', argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
};
/** Its exit code says whether the node announces in full. */
const status = async (): Promise<Status> =>
  JSON.parse((await lab.exec('lb1', ['fairlead', 'status', '--json'])).stdout) as Status;
const conditions = async (): Promise<string[]> => (await status()).conditions.map(({ code }) => code);
const check = async (wanted: string) => (await status()).checks.find(({ name }) => name === wanted);

/** The announcements of the agent since a moment, as its log has them. */
const decisions = async (since: number): Promise<string[]> =>
  (await eventsOf(lab, 'lb1'))
    .filter(({ at, event }) => at >= since && ['announced', 'deprioritised', 'withdrawn'].includes(event))
    .map(({ event }) => event);

beforeAll(async () => {
  lab = await Lab.up({ nodes: ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1', 'pod2'], start: false });
  const config = await lab.readFile('lb1', CONFIG);
  await lab.writeFile('lb1', CONFIG, `${config}${SETTINGS}`);
  for (const node of ['tor', 'gobgp1', 'pod1', 'pod2', 'lb1']) await lab.start(node);
  await eventually(async () => (await decisions(0)).at(-1) === 'announced', 120_000);
}, 240_000);

afterAll(() => lab?.down());

/** Something that the kernel tells of, and how it shows that it is right again. */
const CHANGES: [what: string, change: string[], look: string[], expected: RegExp][] = [
  [
    'the local route is deleted',
    ['ip', 'route', 'del', 'local', '10.99.66.0/23', 'table', 'local'],
    ['ip', 'route', 'show', 'table', 'local', 'proto', '66'],
    /local 10\.99\.66\.0\/23/,
  ],
  [
    'somebody else takes the place of the local route',
    ['ip', 'route', 'replace', 'local', '10.99.66.0/23', 'dev', 'lo', 'table', 'local', 'proto', 'static'],
    ['ip', 'route', 'show', 'table', 'local', 'proto', '66'],
    /local 10\.99\.66\.0\/23/,
  ],
  [
    'the local IPv6 route is deleted',
    ['ip', '-6', 'route', 'del', 'local', 'fd99:66::/112', 'table', 'local'],
    ['ip', '-6', 'route', 'show', 'table', 'local', 'proto', '66'],
    /local fd99:66::\/112/,
  ],
  ['forwarding is switched off', ['sysctl', '-w', 'net.ipv4.ip_forward=0'], ['sysctl', 'net.ipv4.ip_forward'], /= 1/],
  [
    'forwarding of IPv6 is switched off',
    ['sysctl', '-w', 'net.ipv6.conf.all.forwarding=0'],
    ['sysctl', 'net.ipv6.conf.all.forwarding'],
    /= 1/,
  ],
];

const runs = async (name = 'vip') => (await status()).counts.checks[name]?.good ?? 0;

describe('an agent that audits once an hour', () => {
  test.each(CHANGES)('%s: sees it at once and mends it, and nobody withdraws', async (what, change, look, expected) => {
    const begin = await lab.clock();
    await lb1(...change);
    const done = await lab.clock();
    await eventually(async () => expected.test(await lb1(...look)));
    const mended = await eventually(async () =>
      (await eventsOf(lab, 'lb1')).find(({ at, event }) => at >= begin && event === 'kernel-changed'),
    );
    process.stdout.write(`${what}: mended ${mended.at - done} ms after the command had ended\n`);
    expect(await decisions(begin)).toEqual([]);
  });

  test('counts what it mended', async () => {
    const { counts } = await status();
    expect(counts.drift).toMatchObject({ 'range-route': 3, sysctl: 2 });
  });

  test('does not go on looking when nothing more happens', async () => {
    const before = await runs();
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await runs()).toBe(before);
  });
});

test.each([
  ['deleted', ['ip', 'link', 'del', 'fairlead-probe']],
  ['switched off', ['ip', 'link', 'set', 'fairlead-probe', 'down']],
  ['robbed of its address', ['ip', 'address', 'flush', 'dev', 'fairlead-probe']],
])('an interface of the probe that is %s is made anew, and is no fault of the path', async (_, change) => {
  const begin = await lab.clock();
  const before = await runs('probe');
  await lb1(...change);
  await eventually(async () => (await runs('probe')) > before + 3);
  expect(await decisions(begin)).toEqual([]);
});

test('a lost carrier of the interface of a peer is seen, and its return', async () => {
  expect(await check('uplink')).toMatchObject({ health: 'healthy', detail: '10.0.2.5 by eth1' });
  await lab.exec('tor', ['ip', 'link', 'set', 'eth2', 'down']);
  await eventually(async () => (await conditions()).includes('uplink-down'));
  await lab.exec('tor', ['ip', 'link', 'set', 'eth2', 'up']);
  await eventually(async () => !(await conditions()).includes('uplink-down'));
});

test("the operator's own checks are run, and one that fails deprioritises", async () => {
  expect(await check('own/fine')).toMatchObject({ health: 'healthy', detail: 'exit code 0' });
  const begin = await lab.clock();
  const rule = ['OUTPUT', '-p', 'tcp', '-d', POD, '--dport', '8080', '-j', 'REJECT'];
  await lb1('iptables-legacy', '-I', ...rule);
  await eventually(async () => (await decisions(begin)).at(-1) === 'deprioritised');
  expect((await status()).announcement).toMatchObject({ reason: 'own-check-failed' });
  await lb1('iptables-legacy', '-D', ...rule);
  await eventually(async () => (await decisions(begin)).at(-1) === 'announced', 60_000);
});
