/**
 * Plays src/dataplane/conntrack in the network namespace it is started in, and prints what it saw as one JSON object.
 * There is no IPVS here: a packet that nobody takes makes the entry of a refusal, and one that is rewritten by nft the
 * entry of a real server. What is in the table is read by the `conntrack` program.
 */
import { execFileSync } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { Conntrack } from '../../src/dataplane/conntrack/apply.ts';
import { conntrackHeader, encodeNarrowing, type Endpoint, GET_ENTRY } from '../../src/dataplane/conntrack/codec.ts';
import type { IpvsOperation } from '../../src/dataplane/ipvs/plan.ts';
import { wantedService } from '../../src/dataplane/ipvs/want.ts';
import { NETLINK_NETFILTER, NetlinkSocket } from '../../src/dataplane/netlink/socket.ts';
import { type Family, familyOf } from '../../src/model/address.ts';
import { type VirtualServer, virtualServerKey } from '../../src/model/virtual-server.ts';

/** In each family: where clients ask from, a virtual server, another one, and two real servers behind them. */
const PLACES = {
  ipv4: { client: '10.99.66.1', dns: '10.99.66.53', other: '10.99.66.54', one: '10.99.67.101', two: '10.99.67.102' },
  ipv6: { client: 'fd99:66::1', dns: 'fd99:66::53', other: 'fd99:66::54', one: 'fd99:67::101', two: 'fd99:67::102' },
} as const;
/** By the port they ask from: nobody's client, and those of each real server. */
const ASKERS = { refused: 40000, one: 40001, two: 40002 } as const;
const PORT = 53;

const run = (program: string, ...args: string[]): string =>
  execFileSync(program, args, { encoding: 'utf8', stdio: 'pipe' });

for (const args of [
  ['link', 'set', 'lo', 'up'],
  ['address', 'add', `${PLACES.ipv6.client}/128`, 'dev', 'lo', 'nodad'],
  ['route', 'add', 'local', '10.99.66.0/23', 'dev', 'lo'],
  ['-6', 'route', 'add', 'local', 'fd99::/16', 'dev', 'lo'],
]) {
  run('ip', ...args);
}
for (const [family, name] of [
  ['ip', 'ipv4'],
  ['ip6', 'ipv6'],
] as const) {
  const { dns, one, other, two } = PLACES[name];
  const rules = Object.entries({ one, two }).map(([asker, to]) =>
    [
      `add rule ${family} pods output ${family} daddr { ${dns}, ${other} }`,
      `udp sport ${ASKERS[asker as keyof typeof ASKERS]} dnat to ${family === 'ip' ? to : `[${to}]`}:${PORT}`,
    ].join(' '),
  );
  run('nft', `add table ${family} pods`);
  run('nft', `add chain ${family} pods output { type nat hook output priority -100; }`);
  for (const rule of rules) run('nft', rule);
}

async function send(from: number, address: string): Promise<void> {
  const family = familyOf(address);
  const socket = createSocket(family === 'ipv4' ? 'udp4' : 'udp6');
  socket.on('error', () => undefined);
  await new Promise<void>((done) => socket.bind(from, PLACES[family].client, done));
  await new Promise((done) => socket.send('?', PORT, address, done));
  await new Promise<void>((done) => socket.close(done));
}

/** The entries of UDP, by address asked and port asked from, with the number of each. */
function entries(family: Family): Record<string, string> {
  const lines = run('conntrack', '-L', '-f', family, '-p', 'udp', '-o', 'id').trim().split('\n').filter(Boolean);
  const found = lines.map((line) => {
    const [, asked = '', from = '', id = ''] = / dst=(\S+) sport=(\d+) .* id=(\d+)$/.exec(line) ?? [];
    return [`${asked} from ${from}`, id] as const;
  });
  return Object.fromEntries(found.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

const serverOf = (address: string, realServers: readonly string[]): VirtualServer => ({
  protocol: 'udp',
  address,
  port: PORT,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: realServers.map((one) => ({ address: one, port: PORT, weight: 1 })),
});
const destination = (kind: 'add-destination' | 'delete-destination', server: VirtualServer, address: string) =>
  ({
    kind,
    service: wantedService(server),
    destination: { address, port: PORT, weight: 1, forward: 0 },
  }) satisfies IpvsOperation;

/** Counts how often the table is read. */
let readings = 0;
const scan = Reflect.get(NetlinkSocket.prototype, 'scan');
NetlinkSocket.prototype.scan = function counted(...args) {
  readings += 1;
  scan.apply(this, args);
};

const at = (address: string): Endpoint => ({ address, port: PORT });
const socket = new NetlinkSocket(NETLINK_NETFILTER);
/** How many entries the kernel hands over for a narrowed reading. */
const narrowed = (family: Family, asked?: Endpoint, answers?: Endpoint): number =>
  socket.dump({
    type: GET_ENTRY,
    fixed: conntrackHeader(family),
    attributes: (writer) => encodeNarrowing({ asked, answers }, writer),
  }).length;

async function play(family: Family): Promise<Record<string, unknown>> {
  const { dns, one, other, two } = PLACES[family];
  for (const from of Object.values(ASKERS)) for (const address of [dns, other]) await send(from, address);
  const conntrack = new Conntrack();
  const step = async (server: VirtualServer, ...operations: IpvsOperation[]): Promise<unknown> => {
    conntrack.noteIpvs(operations);
    readings = 0;
    const report = await conntrack.ensure(new Map([[virtualServerKey(server), server]]));
    return { ...report, readings, entries: entries(family) };
  };
  const both = serverOf(dns, [one, two]);
  const second = serverOf(dns, [two]);
  const seen = {
    before: entries(family),
    narrowed: [narrowed(family), narrowed(family, at(dns)), narrowed(family, at(dns), at(one))],
    tcp: await step(both, destination('delete-destination', { ...both, protocol: 'tcp' }, one)),
    appeared: await step(both, destination('add-destination', both, one), destination('add-destination', both, two)),
    again: await step(both),
    lost: await step(second, destination('delete-destination', second, one)),
    gone: await step(serverOf(other, []), { kind: 'delete-service', service: wantedService(second) }),
  };
  conntrack.close();
  return seen;
}

process.stdout.write(JSON.stringify({ ipv4: await play('ipv4'), ipv6: await play('ipv6') }));
socket.close();
