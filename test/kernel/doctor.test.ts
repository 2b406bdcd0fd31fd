import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Finding } from '../../src/doctor/finding.ts';
import { commandsIn, told } from '../unit/doctor/told.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';
import { eventually } from './patience.ts';
import { Scene, UPLINK } from './scene.ts';

let scene: Scene;

/** As in production: gobgpd beside the agent, and a switch. */
beforeAll(async () => {
  scene = await Scene.up({
    lbs: ['lb1'],
    before: async ({ lab }) => void (await Promise.all(['tor', 'gobgp1'].map((node) => lab.start(node)))),
  });
  await eventually(async () => (await scene.status())?.peers[0]?.state === 'established', 60_000);
}, 300_000);

afterAll(() => scene?.lab.down());

const sh = (...lines: string[]): Promise<string> => scene.sh('lb1', ...lines);

/** @param around what the doctor is started by, instead of by itself */
const doctor = (...around: readonly string[]): Promise<Finding[]> => look([...around, 'fairlead', 'doctor', '--json']);

async function look(argv: readonly string[]): Promise<Finding[]> {
  const { exitCode, stderr, stdout } = await scene.lab.exec('lb1', argv, { timeoutMs: 120_000 });
  expect(stderr).toBe('');
  const findings = JSON.parse(stdout) as Finding[];
  expect(exitCode).toBe(findings.some(({ severity }) => severity === 'error') ? 1 : 0);
  return findings;
}

/** No time service keeps the clock of a machine that lives for some minutes: that is true. */
const wrong = (findings: readonly Finding[]): string[] =>
  findings.filter(({ check, severity }) => severity !== 'ok' && check !== 'kernel clock').map(told);

/** All that the doctor could have changed, without what counts by itself. */
const kernel = async (): Promise<string> =>
  sh(
    'for family in 4 6; do ip -$family rule; ip -$family route show table all | grep -v ^local.fe80 | sort; done',
    'ip -o address | sed s/valid_lft.*// | grep -v fe80; ip -o link | cut -d" " -f2-8',
    'ipvsadm -Sn; ipset list; nft -s list ruleset',
    'iptables-legacy-save | grep -v "^[#:]"; ip6tables-legacy-save | grep -v "^[#:]"',
    'cut -d" " -f1 /proc/modules | sort; find /run -type s -o -type f | sort',
    'sysctl -a 2>/dev/null | grep -E "^(net|kernel.modules)" | grep -vE "count|random|_time|dropped|stats"',
  );

test('beside an agent that serves nothing is wrong, and nothing of the node is changed', async () => {
  const before = await kernel();
  const findings = await doctor();
  expect(wrong(findings)).toStrictEqual([]);
  expect(findings.map(told)).toEqual(
    expect.arrayContaining([
      'ok module: ip_vs: loaded',
      expect.stringMatching(/^ok firewall: (nftables|iptables)/),
      'ok sysctl: net/ipv4/vs/conntrack: 1',
      'ok rp_filter: eth1: 0: off',
      'ok neighbour: no other program serves Services here',
      'ok range: 10.99.66.0/23: no address or route of this node is in it',
      expect.stringMatching(/^ok gobgpd: answers at unix:.*, API v[34]$/),
      'ok dead man: the sidecar listens for the agent',
      `ok bgp port: gobgpd listens on ${UPLINK['lb1']}:179`,
      'ok way to peer: 10.0.2.5: on eth1',
      'ok peer: 10.0.2.5: established',
      'ok mtu: eth1: 1500',
    ]),
  );
  expect(await kernel()).toBe(before);
}, 180_000);

describe('without gobgpd', () => {
  test('its absence, and whoever has taken its port, are errors', async () => {
    await scene.lab.kill('gobgp1');
    const thief = await scene.lab.spawn('lb1', ['node', '-e', 'require("net").createServer().listen(179, "0.0.0.0")']);
    await eventually(async () => (await sh('ss -Hltn sport = :179')) !== '');
    try {
      const findings = await doctor();
      expect(wrong(findings)).toEqual([
        expect.stringMatching(/^error gobgpd: unix:.*ECONNREFUSED/),
        expect.stringMatching(/^error bgp port: 0\.0\.0\.0:179 is taken by (node|MainThread), process \d+$/),
      ]);
    } finally {
      await thief.kill('SIGKILL');
    }
    await scene.lab.start('gobgp1');
    await eventually(async () => wrong(await doctor()).length === 0, 120_000);
  }, 300_000);
});

/** What is broken, what the doctor says of it, and the word in its remedy that begins the command which mends it. */
interface Break {
  readonly what: string;
  readonly lines: readonly string[];
  readonly finding: RegExp;
  /** Undefined where the remedy is no command. */
  readonly command?: string;
  /** What else is to be put back. */
  readonly mend?: readonly string[];
}

const IN_HOST = 'nsenter --net=/proc/1/ns/net';

/** Independent of each other: all are there at once. */
const BREAKS: readonly Break[] = [
  {
    what: 'forwarding is off',
    lines: ['sysctl -qw net.ipv4.ip_forward=0'],
    finding: /^warning sysctl: net\/ipv4\/ip_forward: expected 1, found 0/,
    command: 'sysctl',
  },
  {
    what: 'IPVS hides its packets from conntrack',
    lines: ['sysctl -qw net.ipv4.vs.conntrack=0'],
    finding: /^warning sysctl: net\/ipv4\/vs\/conntrack: expected 1, found 0/,
    command: 'sysctl',
  },
  {
    what: 'a strict rp_filter, and a default route by another interface',
    lines: ['sysctl -qw net.ipv4.conf.eth1.rp_filter=1', 'ip route replace default via 10.1.0.101 dev eth2'],
    finding: /^warning rp_filter: eth1: 1: strict/,
    command: 'sysctl',
    mend: ['ip route replace default via 10.0.2.5 dev eth1'],
  },
  {
    what: 'a tiny table of conntrack',
    lines: [`${IN_HOST} sysctl -qw net.netfilter.nf_conntrack_max=12000`],
    finding: /^warning conntrack: \d+ of 12000 entries: few/,
    command: 'sysctl',
  },
  {
    what: 'INPUT with a policy of DROP',
    lines: ['iptables-legacy -P INPUT DROP'],
    finding: /^warning input: TCP 179 from 10\.0\.2\.5: dropped in iptables-legacy by the policy of INPUT: only this/,
    command: 'iptables-legacy',
    mend: ['iptables-legacy -F INPUT; iptables-legacy -P INPUT ACCEPT'],
  },
  {
    what: 'FORWARD with a policy of DROP, where the agent is to use nf_tables',
    lines: ['iptables-legacy -P FORWARD DROP'],
    finding:
      /^error forward: replies of the pods to clients of 10\.99\.66\.0\/23: dropped in iptables-legacy by the policy of/,
    command: 'iptables-legacy',
    mend: ['iptables-legacy -F FORWARD; iptables-legacy -P FORWARD ACCEPT'],
  },
  {
    what: 'kube-proxy in ipvs mode',
    lines: ['ip link add kube-ipvs0 type dummy', 'ip addr add 10.99.66.10/32 dev kube-ipvs0'],
    finding: /^error neighbour: kube-proxy \(ipvs\): the interface kube-ipvs0/,
    command: 'ip link del',
  },
  {
    what: 'an address of the range that another proxy has bound',
    lines: ['ip link add dummy9 type dummy', 'ip addr add 10.99.67.9/32 dev dummy9'],
    finding: /^error range: 10\.99\.66\.0\/23: 10\.99\.67\.9\/32 is bound on dummy9/,
    command: 'ip addr del',
    mend: ['ip link del dummy9'],
  },
  {
    what: 'a route of another into the range',
    lines: ['ip route add 10.99.66.128/25 via 10.0.2.5 proto bird'],
    finding: /^error range: 10\.99\.66\.0\/23: a route of bird leads 10\.99\.66\.128\/25 to 10\.0\.2\.5 on eth1/,
    command: 'ip route del',
  },
  {
    what: 'a virtual server of another in the range',
    lines: ['ipvsadm -A -t 10.99.66.77:80 -s rr'],
    finding: /^warning virtual servers: 1 in the ranges that no fairlead made/,
    command: 'ipvsadm',
  },
  {
    what: 'a narrow uplink',
    lines: ['ip link set eth1 mtu 1300'],
    finding: /^warning mss clamp: 1320: segments of more than 1260 bytes/,
    mend: ['ip link set eth1 mtu 1500'],
  },
  {
    what: 'a set of kube-proxy',
    lines: ['ipset create KUBE-CLUSTER-IP hash:ip,port'],
    finding: /^warning leftovers: KUBE-CLUSTER-IP/,
    mend: ['ipset destroy KUBE-CLUSTER-IP'],
  },
];

/** With the other firewall than the kernel of the lab can do: rules of ours come first in none. */
const OTHER_CONFIG = '/run/otherwise.yaml';
const OTHERWISE = ['fairlead', 'doctor', '--json', '--config', OTHER_CONFIG];

const WITHOUT_RIGHT = ['setpriv', '--bounding-set', '-sys_admin', '--inh-caps', '-sys_admin'];

describe('without an agent', () => {
  let broken: Finding[] = [];
  let forbidden: string[] = [];
  let mended: string[] = [];
  const remedies = new Map<Break, string | undefined>();

  const remedyOf = ({ command, finding }: Break): string | undefined =>
    commandsIn(broken.find((one) => finding.test(told(one)))).find(
      (one) => command !== undefined && one.startsWith(command),
    );

  test('what it has left is told, and what takes it out', async () => {
    await scene.lab.kill('lb1', 'SIGTERM');
    const findings = await doctor();
    expect(wrong(findings)).toEqual([expect.stringMatching(/^warning leftovers: 4 routes, .* of an earlier agent/)]);
    expect(commandsIn(findings.find(({ check }) => check === 'leftovers'))).toContain('fairlead cleanup');
    await scene.lab.kill('gobgp1');
    await sh('fairlead cleanup');
    expect(await sh('ip route show table all proto 66; iptables-legacy-save | grep -i fairlead || :')).toBe('');
  }, 300_000);

  test('breaks, looks, does as it is told, and looks again', async () => {
    await sh(
      ...BREAKS.flatMap(({ lines }) => lines),
      `sed 's/^ranges/dataplane: { firewall: nftables }\\nranges/' /etc/fairlead/config.yaml > ${OTHER_CONFIG}`,
    );
    const before = await kernel();
    broken = await look(OTHERWISE);
    expect(await kernel()).toBe(before);
    const readOnly = 'mount --bind /proc/sys /proc/sys; mount -o remount,ro,bind /proc/sys; exec "$@"';
    forbidden = wrong(await doctor('unshare', '--mount', 'sh', '-ec', readOnly, '-', ...WITHOUT_RIGHT));
    for (const one of BREAKS) {
      const command = remedyOf(one);
      remedies.set(one, command);
      if (command !== undefined) await sh(command.includes('nf_conntrack') ? `${IN_HOST} ${command}` : command);
      if (command === undefined) await sh(...(one.mend ?? []));
    }
    mended = wrong(await look(OTHERWISE));
    await sh(...BREAKS.flatMap(({ command, mend = [] }) => (command === undefined ? [] : mend)));
  }, 300_000);

  test.each(BREAKS)('$what', (one) => {
    expect(broken.map(told)).toEqual(expect.arrayContaining([expect.stringMatching(one.finding)]));
    expect(remedies.get(one) !== undefined).toBe(one.command !== undefined);
    expect(mended.filter((line) => one.finding.test(line))).toStrictEqual([]);
  });

  test('a firewall that the kernel cannot do is an error, and by itself it is the other one', () => {
    expect(broken.map(told)).toContainEqual(expect.stringMatching(/^error firewall: nftables is asked for/));
    expect(forbidden.filter((line) => line.includes('firewall'))).toStrictEqual([]);
  });

  test('where the agent cannot set them, settings that are wrong are errors', () => {
    expect(forbidden).toContain(
      'error sysctl: net/ipv4/vs/conntrack: expected 1, found 0, and /proc/sys is read-only here',
    );
    expect(forbidden).toContain('error capabilities: without SYS_ADMIN: the kernel refuses the agent');
  });

  test('a peer that is out of reach is told', async () => {
    await sh('ip link set eth1 down');
    const cut = (await doctor()).find(({ check }) => check === 'way to peer: 10.0.2.5');
    expect(cut?.severity).toBe('error');
  }, 120_000);
});

test('where the binary for netlink sockets is missing, the doctor starts all the same and says so', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-doctor-'));
  try {
    cpSync(join(CHECKOUT, 'dist'), folder, { recursive: true });
    // A place without node_modules above it. The peer is the switch of the lab, which nothing here leads to: no network.
    const config = join(CHECKOUT, 'lab/lb1/config.yaml');
    const argv = [
      '--map-root-user',
      '--net',
      process.execPath,
      join(folder, 'fairlead.js'),
      'doctor',
      '--json',
      '--config',
      config,
    ];
    const { status, stdout } = spawnSync('unshare', argv, { encoding: 'utf8' });
    const findings = JSON.parse(stdout) as Finding[];
    expect(status).toBe(1);
    expect(findings.map(told)).toContainEqual(expect.stringMatching(/^error native module: koffi cannot be loaded: /));
    expect(findings.map(told)).toContainEqual(expect.stringMatching(/^ok node\.js: /));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
