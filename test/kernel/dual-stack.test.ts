import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventsOf } from '../../lab/observe/agents.ts';
import { Lab } from '../../lab/lab.ts';
import { type Ask, startAsker } from './asker.ts';
import { eventually } from './patience.ts';

const [WEB, WEB6, UNASSIGNED6] = ['10.99.66.10', 'fd99:66::10', 'fd99:66::77'];
const [RANGE, RANGE6] = ['10.99.66.0/23', 'fd99:66::/112'];
/** How the switch reaches the lb nodes, and how the pods see them. */
const NEXT_HOP = { lb1: '10.0.2.6', lb1v6: 'fd00:2:1::2', lb2v6: 'fd00:2:2::2' };
const SOURCE = { lb1: '10.1.0.11', lb1v6: 'fd00:10::11', lb2v6: 'fd00:10::12' };

let lab: Lab;
let ask: Ask;

/** What a command in a node prints. */
const run = async (node: string, ...argv: string[]): Promise<string> => {
  const { exitCode, stderr, stdout } = await lab.exec(node, argv);
  if (exitCode !== 0) throw new Error(`${node}: ${argv.join(' ')}: exit code ${exitCode}: ${stderr}`);
  return stdout;
};

/** Where the switch's kernel sends packets for a prefix. */
const nextHops = async (prefix: string): Promise<string[]> => {
  const family = prefix.includes(':') ? '-6' : '-4';
  const routes = await run('tor', 'ip', family, 'route', 'show', prefix, 'proto', 'bgp');
  return [...routes.matchAll(/via (\S+)/g)].map(([, address = '']) => address).toSorted();
};
const routed = (prefix: string, expected: readonly string[]): Promise<unknown> =>
  eventually(async () => (await nextHops(prefix)).join() === expected.toSorted().join(), 120_000);

const answers = async (address: string, count: number): Promise<Set<string | undefined>> => {
  const asked = await Promise.all(Array.from({ length: count }, () => ask(address, 80, '/')));
  return new Set(asked.map(({ answer, outcome }) => answer ?? outcome));
};

/** The IPVS table of an lb node; a canary has a port of its own in each run. */
const table = async (lb: string): Promise<string[]> =>
  (await run(lb, 'ipvsadm', '-Sn'))
    .trim()
    .split('\n')
    .map((line) => line.trim().replace(/(-r (?:169\.254\.|\[fd66:)\S+:)\d+/, '$1PORT'))
    .toSorted();

/** The ranges an lb node takes as its own. */
const bound = async (lb: string, family: string): Promise<string[]> =>
  (await run(lb, 'ip', family, 'route', 'show', 'table', 'local', 'proto', '66')).match(/^local \S+/gm) ?? [];

/** Replies of the pods get lost in lb1, or no longer. No table of ours shows it. */
const losing = (change: '-I' | '-D'): Promise<string> =>
  run('lb1', 'ip6tables-legacy', '-t', 'mangle', change, 'PREROUTING', '-i', 'eth2', '-p', 'tcp', '-j', 'DROP');

/** lb1 serves both families, lb2 IPv6 alone. */
beforeAll(async () => {
  const pair = ['lb1', 'gobgp1', 'lb2', 'gobgp2'];
  lab = await Lab.up({ nodes: ['client', 'tor', ...pair, 'fab', 'pod1', 'pod2'], start: false });
  const config = await lab.readFile('lb2', '/etc/fairlead/config.yaml');
  await lab.writeFile('lb2', '/etc/fairlead/config.yaml', config.replace(`${RANGE}, `, ''));
  for (const node of ['tor', 'pod1', 'pod2', ...pair]) await lab.start(node);
  ask = await startAsker(lab, 'client');
  // A host socket such as sshd's or kubelet's: on every address the node has, in both families.
  const listen = "require('net').createServer((c) => c.on('error', () => c.destroy()).end('host')).listen(8022, '::')";
  await Promise.all(['lb1', 'lb2'].map((lb) => lab.spawn(lb, ['node', '--single-threaded', '-e', listen])));
  for (const address of [NEXT_HOP.lb1v6, NEXT_HOP.lb2v6]) {
    await eventually(async () => (await ask(address, 8022)).outcome === 'connected');
  }
}, 180_000);

afterAll(() => lab?.down());

test('the switch learns each range by BGP, with next hops of its own family', async () => {
  await routed(RANGE6, [NEXT_HOP.lb1v6, NEXT_HOP.lb2v6]);
  await routed(RANGE, [NEXT_HOP.lb1]);
}, 250_000);

describe('a client of the ranges', () => {
  test('is answered over IPv6 by both pods, through both lb nodes, which are the source that pods see', async () => {
    expect(await answers(WEB6, 60)).toEqual(
      new Set(['pod1', 'pod2'].flatMap((pod) => [`${pod} ${SOURCE.lb1v6}`, `${pod} ${SOURCE.lb2v6}`])),
    );
  });

  test('is answered over IPv4 by both pods through the one lb node that serves it', async () => {
    expect(await answers(WEB, 10)).toEqual(new Set([`pod1 ${SOURCE.lb1}`, `pod2 ${SOURCE.lb1}`]));
  });

  test.each([
    ['an unserved port', WEB6, 81],
    ['an unassigned address', UNASSIGNED6, 80],
    ['a host socket at a served address', WEB6, 8022],
    ['a host socket at an unassigned address', UNASSIGNED6, 8022],
  ])('is refused by a reset, every time, at %s', async (_, address, port) => {
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => ask(address, port)));
    expect(new Set(outcomes.map(({ outcome }) => outcome))).toEqual(new Set(['refused']));
  });
});

describe('the kernel of an lb node', () => {
  const of4 = [
    '-A -t 10.99.66.0:9 -s rr',
    '-a -t 10.99.66.0:9 -r 169.254.77.6:PORT -m -w 1',
    `-A -t ${WEB}:80 -s rr`,
    `-a -t ${WEB}:80 -r 10.1.0.101:8080 -m -w 1`,
    `-a -t ${WEB}:80 -r 10.1.0.102:8080 -m -w 1`,
  ];
  const of6 = [
    '-A -t [fd99:66::]:9 -s rr',
    '-a -t [fd99:66::]:9 -r [fd66:6661:6972::6]:PORT -m -w 1',
    `-A -t [${WEB6}]:80 -s rr`,
    `-a -t [${WEB6}]:80 -r [fd00:10::101]:8080 -m -w 1`,
    `-a -t [${WEB6}]:80 -r [fd00:10::102]:8080 -m -w 1`,
  ];

  test('holds the virtual servers of both families, or of the one it is told to serve', async () => {
    expect(await table('lb1')).toEqual([...of4, ...of6].toSorted());
    expect(await table('lb2')).toEqual(of6.toSorted());
  });

  test('has each range bound by one local route', async () => {
    expect(await bound('lb1', '-4')).toEqual([`local ${RANGE}`]);
    expect(await bound('lb1', '-6')).toEqual([`local ${RANGE6}`]);
    expect(await bound('lb2', '-4')).toEqual([]);
    expect(await bound('lb2', '-6')).toEqual([`local ${RANGE6}`]);
  });
});

describe('when replies of the pods get lost over IPv6 alone', () => {
  test('the lb node withdraws the ranges of both families, and the other one goes on', async () => {
    await losing('-I');
    await routed(RANGE6, [NEXT_HOP.lb2v6]);
    await routed(RANGE, []);
    const withdrawn = (await eventsOf(lab, 'lb1')).findLast(({ event }) => event === 'withdrawn');
    expect(withdrawn).toMatchObject({
      reason: 'probe-failed',
      detail: expect.stringMatching(/^IPv4: 10\.99\.66\.10:80 connected; IPv6: \[fd99:66::10\]:80 timed-out/),
    });
    expect(await answers(WEB6, 10)).toEqual(new Set([`pod1 ${SOURCE.lb2v6}`, `pod2 ${SOURCE.lb2v6}`]));
  });

  test('both are back when they arrive again', async () => {
    await losing('-D');
    await routed(RANGE6, [NEXT_HOP.lb1v6, NEXT_HOP.lb2v6]);
    await routed(RANGE, [NEXT_HOP.lb1]);
    expect(await answers(WEB, 10)).toEqual(new Set([`pod1 ${SOURCE.lb1}`, `pod2 ${SOURCE.lb1}`]));
  });
});
