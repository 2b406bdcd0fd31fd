/**
 * Plays a fence between two real gobgpd, with a session over IPv4 and one over IPv6, in the network namespace it is
 * started in, and prints what it saw as one JSON object.
 *
 * The first argument is the firewall: `nftables`, `iptables`, or `none`. With a second one, connections are not
 * ended by the kernel, as where it was built without CONFIG_INET_DIAG_DESTROY: the switch is provoked, and `answered` by
 * the rules, or `heard` before there are any.
 */
import { execFileSync, spawn } from 'node:child_process';
import { GobgpApi as V3 } from '../../src/bgp/gen/gobgp-v3.ts';
import { encodePeer } from '../../src/bgp/v3/encode.ts';
import { Fence } from '../../src/dataplane/fence/apply.ts';
import { BgpConnections } from '../../src/dataplane/fence/connections.ts';
import { provoke, resetPeer } from '../../src/dataplane/fence/provoke.ts';
import { openRules } from '../../src/dataplane/fence/rules.ts';
import type { Sessions } from '../../src/dataplane/fence/want.ts';
import { createFirewall, type FirewallKind } from '../../src/dataplane/firewall/firewall.ts';
import { removeFirewalls } from '../../src/dataplane/firewall/remove.ts';
import { createNetns, insideNetns } from '../../src/dataplane/netlink/libc.ts';
import { Links } from '../../src/dataplane/netlink/link.ts';
import type { PartReport } from '../../src/dataplane/part.ts';
import type { Address } from '../../src/model/address.ts';
import { PEER } from '../unit/bgp/sample.ts';
import { Gobgpd } from '../scenario/gobgpd.ts';

const [wish = 'none', way] = process.argv.slice(2);
const firewall = wish === 'none' ? undefined : (wish as FirewallKind);
const OTHER: Record<FirewallKind, FirewallKind> = { nftables: 'iptables', iptables: 'nftables' };
const RANGE = '10.99.66.0/23';
const NODE = { ipv4: '10.22.108.100', ipv6: 'fd22::100', as: 64512 } as const;
const SWITCH = { ipv4: '10.22.108.1', ipv6: 'fd22::1', as: 64500 } as const;
const SESSIONS: Sessions = {
  peers: [
    { address: SWITCH.ipv4, port: 179 },
    { address: SWITCH.ipv6, port: 179 },
  ],
  listenPort: 179,
};
type End = typeof NODE | typeof SWITCH;

const run = (file: string, ...args: string[]): string => execFileSync(file, args, { encoding: 'utf8' });
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

async function until<T>(look: () => Promise<T>, what: string): Promise<NonNullable<T>> {
  for (const end = performance.now() + 40_000; performance.now() < end; await pause(5)) {
    const found = await look();
    if (found) return found;
  }
  throw new Error(`waited 40 s for ${what}`);
}

function joinUp(end: End): void {
  const links = new Links();
  links.switchOn('lo');
  links.addAddress('uplink', end.ipv4, 24);
  links.addAddress('uplink', end.ipv6, 64);
  links.switchOn('uplink');
  links.close();
}

const PATIENT = { ...PEER, holdTimeSeconds: 900, keepaliveSeconds: 300 };

async function begin(gobgpd: Gobgpd, own: End, far: End): Promise<void> {
  const listenAddresses = [own.ipv4, own.ipv6];
  const global = { asn: own.as, routerId: own.ipv4, listenPort: 179, listenAddresses };
  await gobgpd.api.call(V3.StartBgp, { global }, 2000);
  for (const family of ['ipv4', 'ipv6'] as const) {
    const peer = encodePeer({ ...PATIENT, address: far[family], as: far.as, families: [family] });
    const config = { ...peer.timers?.config, connectRetry: 1, idleHoldTimeAfterReset: 1 };
    await gobgpd.api.call(V3.AddPeer, { peer: { ...peer, timers: { config } } }, 2000);
  }
}

const spawnHere = { spawn: (argv: readonly string[]) => spawn(argv[0] ?? '', argv.slice(1), { stdio: 'ignore' }) };
const links = new Links();
const far = createNetns();
links.addVeth('uplink', far);
links.close();
joinUp(NODE);
insideNetns(far, () => joinUp(SWITCH));
const node = await Gobgpd.start(spawnHere);
const peer = await Gobgpd.start({ spawn: (argv) => insideNetns(far, () => spawnHere.spawn(argv)) });
process.on('exit', () => void Promise.all([node.kill(), peer.kill()]));

/** The sessions that stand, as the switch sees it. */
async function established(): Promise<Address[]> {
  const peers = await peer.api.list(V3.ListPeer, {}, 2000);
  return peers.flatMap(({ peer: one }) => (one?.state?.sessionState === 6 ? [one.state.neighborAddress] : []));
}
const paths = async (): Promise<string[]> => (await peer.table()).map(({ prefix }) => prefix);
const isUp = async (): Promise<boolean> => (await established()).length === 2 && (await paths()).includes(RANGE);
const isDown = async (): Promise<boolean> => (await established()).length + (await paths()).length === 0;
const seconds = (since: number): number => Math.round(performance.now() - since) / 1000;

const rulesLeft = (): string =>
  [
    run('nft', 'list', 'tables'),
    ...['iptables-legacy-save', 'ip6tables-legacy-save'].map((save) => run(save).replace(/^#.*\n/gm, '')),
  ]
    .join('')
    .split('\n')
    .filter((line) => /fence/i.test(line))
    .join('\n');

/** How many packets the fence has refused. */
function refused(): number {
  const counters =
    firewall === 'nftables'
      ? run('nft', 'list', 'ruleset').matchAll(/counter packets (\d+)/g)
      : ['iptables-legacy-save', 'ip6tables-legacy-save'].flatMap((save) => [
          ...run(save, '-c').matchAll(/^\[(\d+):\d+\] -A FAIRLEAD-FENCE .*REJECT/gm),
        ]);
  return [...counters].reduce((sum, [, packets]) => sum + Number(packets), 0);
}

/** What an agent does to the firewall from its start on. This kernel lacks what it would need for iptables. */
async function audit(): Promise<void> {
  const audited = await createFirewall({ firewall: 'nftables', ranges: [RANGE], external: [], mssClamp: undefined });
  seen['audit'] = [await audited.ensureFilter(), await audited.ensureSnat(), await audited.ensureFilter()];
  audited.close();
}

/** As `Fence.raise` in a kernel that cannot end connections: by packets that are answered by rules, or heard here. */
async function raiseByPackets(): Promise<PartReport> {
  const rules = openRules(firewall ?? 'nftables');
  const connections = new BgpConnections();
  const found = connections.find(SESSIONS);
  const reset = way === 'heard' ? await Promise.all(found.map((connection) => resetPeer(connection))) : [];
  const report = firewall ? await rules.ensure(SESSIONS) : { changes: [], problems: [] };
  if (way === 'answered') for (const connection of found) provoke(connection);
  connections.close();
  rules.close();
  return { ...report, problems: [...report.problems, ...reset.filter((isReset) => !isReset).map(String)] };
}

await begin(peer, SWITCH, NODE);
await begin(node, NODE, SWITCH);
await node.addPath({ prefix: RANGE, communities: [], med: undefined });
await until(isUp, 'the sessions');

const fence = new Fence(firewall);
const seen: Record<string, unknown> = { nothingToLift: await fence.lift(), open: fence.isOpen(SESSIONS) };
node.stop();
const stopped = performance.now();
const down = until(isDown, 'the switch to drop the session').then(() => seconds(stopped));
seen['raised'] = await (way === undefined ? fence.raise(SESSIONS) : raiseByPackets());
seen['raisedAfter'] = seconds(stopped);
seen['downAfter'] = await down;

seen['openBehind'] = fence.isOpen(SESSIONS);

// A wedge of gobgpd that only its API feels: its sessions would come back by themselves.
const before = firewall ? refused() : 0;
node.resume();
if (firewall) {
  seen['again'] = await fence.raise(SESSIONS);
  const againAt = performance.now();
  seen['third'] = await fence.raise(SESSIONS);
  seen['thirdTook'] = seconds(againAt);
  if (firewall === 'nftables') await audit();
  await until(async () => refused() > before + 3, 'gobgpd and the switch to try again');
  seen['whileRaised'] = [await established(), await paths()];
  seen['last'] = await fence.raise(SESSIONS);
} else {
  // Nothing keeps them down but cutting them as often as they come.
  let cut = 0;
  await until(async () => (cut += (await fence.raise(SESSIONS)).changes.length) > 3, 'sessions to come back');
}
fence.close();

// The next agent, whose firewall may be the other one.
const next = new Fence(firewall && OTHER[firewall]);
seen['rules'] = rulesLeft().split('\n').length;
seen['lifted'] = await next.lift();
seen['rulesLeft'] = rulesLeft();
const lifted = performance.now();
await until(isUp, 'the sessions to come back');
seen['upAfter'] = seconds(lifted);

if (firewall) {
  const last = new Fence(firewall);
  await last.raise(SESSIONS);
  seen['removed'] = await removeFirewalls();
  seen['rulesLeftByCleanup'] = rulesLeft();
  last.close();
}
next.close();
await Promise.all([node[Symbol.asyncDispose](), peer[Symbol.asyncDispose]()]);
process.stdout.write(JSON.stringify(seen));
