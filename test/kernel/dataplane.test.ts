import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../../lab/observe/agents.ts';
import { Lab } from '../../lab/lab.ts';
import type { Status } from '../../src/model/status.ts';
import { type Ask, startAsker } from './asker.ts';
import { eventually } from './patience.ts';

const WEB = '10.99.66.10';
const UNASSIGNED = '10.99.66.77';
const MANIFEST = '/etc/fairlead/manifests/more.yaml';

let lab: Lab;
let ask: Ask;

/** What a command in lb1 prints. */
const lb1 = async (...argv: string[]): Promise<string> => {
  const { exitCode, stderr, stdout } = await lab.exec('lb1', argv);
  if (exitCode !== 0) throw new Error(`${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
};

const status = async (): Promise<Status> => {
  const { stdout } = await lab.exec('lb1', ['fairlead', 'status', '--json']);
  return JSON.parse(stdout) as Status;
};

const torRoute = async (): Promise<string> => (await lab.exec('tor', ['ip', 'route', 'show', '10.99.66.0/23'])).stdout;

const announced = async (): Promise<boolean> =>
  (await eventsOf(lab, 'lb1')).findLast(({ event }) => event === 'announced' || event === 'withdrawn')?.event ===
  'announced';

beforeAll(async () => {
  lab = await Lab.up({ nodes: ['client', 'tor', 'lb1', 'gobgp1', 'fab', 'pod1', 'pod2'], start: false });
  // Somebody else's virtual server, SNAT rule and route stand there before the agent comes.
  await lb1('ipvsadm', '-A', '-t', '192.0.2.1:80', '-s', 'wlc');
  await lb1('iptables-legacy', '-t', 'nat', '-A', 'POSTROUTING', '-s', '192.0.2.0/24', '-j', 'MASQUERADE');
  for (const node of ['tor', 'gobgp1', 'pod1', 'pod2', 'lb1']) await lab.start(node);
  ask = await startAsker(lab, 'client');
  // A host socket such as sshd's or kubelet's: on every address the node has.
  await lab.spawn('lb1', [
    'node',
    '--single-threaded',
    '-e',
    "require('net').createServer((c) => c.on('error', () => c.destroy()).end('host')).listen(8022, '0.0.0.0')",
  ]);
  await eventually(async () => (await ask('10.0.2.6', 8022)).outcome === 'connected');
}, 180_000);

afterAll(() => lab?.down());

test('the lb node announces the range once everything is in place and the probe succeeds', async () => {
  await eventually(announced, 60_000);
  await eventually(async () => (await torRoute()).includes('via 10.0.2.6'), 60_000);
});

describe('a client of the range', () => {
  test('is answered by both pods in turn, which see the lb node as its source', async () => {
    const answers = await Promise.all(Array.from({ length: 10 }, () => ask(WEB, 80, '/')));
    expect(new Set(answers.map(({ answer }) => answer))).toEqual(new Set(['pod1 10.1.0.11', 'pod2 10.1.0.11']));
  });

  test('is refused by a reset, every time, where a host socket listens on a served and on an unassigned address', async () => {
    for (const address of [WEB, UNASSIGNED]) {
      const answers = await Promise.all(Array.from({ length: 10 }, () => ask(address, 8022)));
      expect(
        answers.map(({ outcome }) => outcome),
        address,
      ).toEqual(Array(10).fill('refused'));
    }
  });

  test('still reaches the host socket at the address of the node itself', async () => {
    expect((await ask('10.0.2.6', 8022)).outcome).toBe('connected');
  });

  test('is refused at a port nobody serves', async () => {
    expect((await ask(WEB, 81)).outcome).toBe('refused');
  });
});

describe('the kernel of the lb node', () => {
  test('holds exactly the virtual servers wanted, beside those of others', async () => {
    const table = (await lb1('ipvsadm', '-Sn')).trim().split('\n');
    const canary = table.find((line) => line.startsWith('-a -t 10.99.66.0:9 -r 169.254.77.6:')) ?? 'no canary';
    // What belongs to IPv6 is looked at in dual-stack.test.ts.
    expect(table.filter((line) => !line.includes('[')).toSorted()).toEqual(
      [
        '-A -t 10.99.66.0:9 -s rr',
        `-A -t ${WEB}:80 -s rr`,
        '-A -t 192.0.2.1:80 -s wlc',
        canary,
        `-a -t ${WEB}:80 -r 10.1.0.101:8080 -m -w 1`,
        `-a -t ${WEB}:80 -r 10.1.0.102:8080 -m -w 1`,
      ].toSorted(),
    );
  });

  test('has the range bound by one local route, with the own address as source, and the backstop behind it', async () => {
    const routes = (await lb1('ip', '-4', 'route', 'show', 'table', 'all', 'proto', '66'))
      .trim()
      .split('\n')
      .map((line) => line.trim());
    expect(routes.toSorted()).toEqual([
      'local 10.99.66.0/23 dev lo table local scope host src 10.0.2.6',
      'unreachable 10.99.66.0/23 metric 4096',
    ]);
  });

  test('has exactly one SNAT rule of ours, in the words the operators know, beside those of others', async () => {
    const rules = (await lb1('iptables-legacy-save', '-t', 'nat'))
      .split('\n')
      .filter((line) => line.startsWith('-A POSTROUTING'));
    expect(rules).toEqual([
      '-A POSTROUTING -m ipvs --vdir ORIGINAL --vmethod MASQ -m comment --comment "fairlead: snat" -j MASQUERADE',
      '-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE',
    ]);
  });
});

/** Something of ours that another program changes: how, and how it shows that it is right again. */
const DRIFTS: [what: string, change: string[], look: string[], expected: RegExp][] = [
  [
    'the SNAT rule is deleted',
    ['iptables-legacy', '-t', 'nat', '-D', 'POSTROUTING', '1'],
    ['iptables-legacy-save', '-t', 'nat'],
    /fairlead: snat/,
  ],
  [
    'the jump to the filter is deleted',
    ['iptables-legacy', '-D', 'INPUT', '1'],
    ['iptables-legacy-save', '-t', 'filter'],
    /-A INPUT .*FAIRLEAD-INPUT/,
  ],
  [
    'the chain of the filter is emptied',
    ['iptables-legacy', '-F', 'FAIRLEAD-INPUT'],
    ['iptables-legacy-save', '-t', 'filter'],
    /-A FAIRLEAD-INPUT .*tcp-reset/,
  ],
  [
    'the set of what is served is emptied',
    ['ipset', 'flush', 'fairlead-served'],
    ['ipset', 'save', 'fairlead-served'],
    /add fairlead-served 10\.99\.66\.10,tcp:80/,
  ],
  [
    'a virtual server is deleted',
    ['ipvsadm', '-D', '-t', '10.99.66.10:80'],
    ['ipvsadm', '-Sn'],
    /-r 10\.1\.0\.101:8080(?:.|\n)*-r 10\.1\.0\.102:8080/,
  ],
  [
    'a stray virtual server appears',
    ['ipvsadm', '-A', '-t', '10.99.66.66:6'],
    ['ipvsadm', '-Sn'],
    /^(?![^]*10\.99\.66\.66)/,
  ],
  [
    'the weight of a real server is changed',
    ['ipvsadm', '-e', '-t', '10.99.66.10:80', '-r', '10.1.0.101:8080', '-m', '-w', '0'],
    ['ipvsadm', '-Sn'],
    /-r 10\.1\.0\.101:8080 -m -w 1/,
  ],
  [
    'the scheduler is changed',
    ['ipvsadm', '-E', '-t', '10.99.66.10:80', '-s', 'wrr'],
    ['ipvsadm', '-Sn'],
    /10\.99\.66\.10:80 -s rr/,
  ],
  [
    'the local route is deleted',
    ['ip', 'route', 'del', 'local', '10.99.66.0/23', 'table', 'local'],
    ['ip', 'route', 'show', 'table', 'local', 'proto', '66'],
    /local 10\.99\.66\.0\/23/,
  ],
  [
    'IPVS hides its packets from conntrack',
    ['sysctl', '-w', 'net.ipv4.vs.conntrack=0'],
    ['sysctl', 'net.ipv4.vs.conntrack'],
    /= 1/,
  ],
  ['forwarding is switched off', ['sysctl', '-w', 'net.ipv4.ip_forward=0'], ['sysctl', 'net.ipv4.ip_forward'], /= 1/],
];

describe('when another program interferes', () => {
  test.each(DRIFTS)(
    '%s: it is repaired, nobody withdraws, and clients are served',
    async (what, change, look, expected) => {
      const begin = await lab.clock();
      await lb1(...change);
      await eventually(async () => expected.test(await lb1(...look)));
      const since = async () => (await eventsOf(lab, 'lb1')).filter(({ at }) => at >= begin);
      const repaired = await eventually(async () => (await since()).find(({ event }) => event === 'kernel-changed'));
      process.stdout.write(`repaired ${(repaired?.at ?? 0) - begin} ms after ${what}\n`);
      expect((await since()).filter(({ event }) => event === 'withdrawn')).toEqual([]);
      expect((await ask(WEB, 80, '/')).outcome).toBe('connected');
      expect((await ask(WEB, 8022)).outcome).toBe('refused');
    },
  );

  test('what it made for itself is left alone', async () => {
    expect(await lb1('ipvsadm', '-Sn')).toContain('-A -t 192.0.2.1:80 -s wlc');
    expect(await lb1('iptables-legacy-save', '-t', 'nat')).toContain('-A POSTROUTING -s 192.0.2.0/24 -j MASQUERADE');
  });
});

const service = (name: string, ip: string, ports: string): string =>
  `apiVersion: v1\nkind: Service\nmetadata: {name: ${name}}\nspec: {clusterIP: ${ip}, clusterIPs: [${ip}], ports: ${ports}}\n`;

describe('bad input', () => {
  test('a broken file is named with its line, and everything known goes on being served', async () => {
    await lab.writeFile('lb1', MANIFEST, 'kind: Service\n  metadata: [\n');
    await eventually(async () => (await status()).skipped.some(({ reason }) => reason === 'file-invalid'));
    const { announcement, conditions, skipped } = await status();
    expect(skipped.find(({ reason }) => reason === 'file-invalid')).toMatchObject({
      object: expect.stringMatching(/more\.yaml/),
    });
    expect(conditions.map(({ code }) => code)).toContain('objects-skipped');
    expect(announcement.state).toBe('announced');
    expect((await ask(WEB, 80, '/')).outcome).toBe('connected');
  });

  test('a Service without a slice and one with a nil port name: the first is named and refused, the second is served', async () => {
    const slice = [
      'apiVersion: discovery.k8s.io/v1',
      'kind: EndpointSlice',
      'metadata: {name: nameless-1, labels: {kubernetes.io/service-name: nameless}}',
      'addressType: IPv4',
      'ports: [{name: null, protocol: TCP, port: 8080}, {name: null, protocol: UDP, port: null}]',
      'endpoints: [{addresses: [10.1.0.101], conditions: {}}]',
    ].join('\n');
    const documents = [
      service('lonely', '10.99.66.20', '[{port: 80}]'),
      service('nameless', '10.99.66.21', '[{name: null, port: 80}]'),
      slice,
    ];
    await lab.writeFile('lb1', MANIFEST, documents.join('---\n'));
    await eventually(async () => (await ask('10.99.66.21', 80, '/')).answer === 'pod1 10.1.0.11');
    expect((await ask('10.99.66.20', 80)).outcome).toBe('refused');
    const { skipped } = await status();
    expect(skipped).toContainEqual(
      expect.objectContaining({ object: 'Service default/lonely', reason: 'no-endpoints' }),
    );
  });
});
