/**
 * Listens to the network namespace it is started in while things change there, and prints what it was told of each as
 * one JSON object: the notices by the name of the change.
 */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { createNetns, insideNetns } from '../../src/dataplane/netlink/libc.ts';
import { Links } from '../../src/dataplane/netlink/link.ts';
import { Monitor } from '../../src/dataplane/netlink/monitor.ts';
import type { Notice } from '../../src/dataplane/netlink/notices.ts';
import { RangeRoutes } from '../../src/dataplane/vip/apply.ts';
import { wantedRoutes } from '../../src/dataplane/vip/want.ts';
import { UplinkCheck } from '../../src/health/uplink.ts';

const heard: Record<string, Notice[]> = {};
let current: Notice[] = [];
let told = (): void => {};
const monitor = new Monitor((notices) => {
  current.push(...notices);
  told();
});

const DEADLINE_MS = 10_000;

/** Makes a change, and listens until what it should be told as is there, or for too long. */
async function change(name: string, make: () => unknown, expected: Notice): Promise<void> {
  heard[name] = current = [];
  const isThere = () => current.some((notice) => isDeepStrictEqual(notice, expected));
  const heardOf = new Promise<void>((resolve) => (told = () => isThere() && resolve()));
  await make();
  await Promise.race([heardOf, pause(DEADLINE_MS)]);
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const route = (prefix: string, gone: boolean): Notice => ({ kind: 'route', gone, protocol: 66, prefix });
const link = (name: string): Notice => ({ kind: 'link', gone: false, name });
const address = (text: string, gone: boolean): Notice => ({ kind: 'address', gone, address: text });
const FORWARDING: Notice = { kind: 'forwarding' };
const TABLE: Notice = { kind: 'nftables', table: 'fairlead-snat' };

const ip = (...argv: string[]) => execFileSync('ip', argv, { stdio: ['ignore', 'ignore', 'inherit'] });
const routes = new RangeRoutes();
const wanted = wantedRoutes(['10.99.66.0/23', 'fd99:66::/112'], [], {});

await change('loopback on', () => ip('link', 'set', 'lo', 'up'), link('lo'));
await change('range bound', () => routes.ensure(wanted), route('10.99.66.0/23', false));
await change(
  'local route deleted',
  () => ip('route', 'del', 'local', '10.99.66.0/23', 'table', 'local'),
  route('10.99.66.0/23', true),
);
await change(
  'local IPv6 route deleted',
  () => ip('-6', 'route', 'del', 'local', 'fd99:66::/112', 'table', 'local'),
  route('fd99:66::/112', true),
);
await change(
  'address added',
  () => {
    // A route of another table is not told at all.
    ip('route', 'add', '192.0.2.0/24', 'dev', 'lo', 'table', '77');
    ip('address', 'add', '10.22.108.100/24', 'dev', 'lo');
  },
  address('10.22.108.100', false),
);
await change(
  'address deleted',
  () => ip('address', 'del', '10.22.108.100/24', 'dev', 'lo'),
  address('10.22.108.100', true),
);
writeFileSync('/proc/sys/net/ipv4/ip_forward', '0');
await change('forwarding on', () => writeFileSync('/proc/sys/net/ipv4/ip_forward', '1'), FORWARDING);
await change('IPv6 forwarding on', () => writeFileSync('/proc/sys/net/ipv6/conf/all/forwarding', '1'), FORWARDING);

// Two ends of a cable: the far one is switched on and off.
ip('link', 'add', 'up0', 'type', 'veth', 'peer', 'name', 'far0');
ip('link', 'add', 'up1', 'type', 'veth', 'peer', 'name', 'far1');
for (const name of ['up0', 'far0', 'up1', 'far1']) ip('link', 'set', name, 'up');
ip('address', 'add', '10.22.108.100/24', 'dev', 'up0');
ip('address', 'add', '10.22.109.100/24', 'dev', 'up1');
ip('route', 'add', 'default', 'via', '10.22.109.1');
const uplink = new UplinkCheck(() => ['10.22.108.1']);
const looks: Record<string, unknown> = { connected: uplink.look(), names: [...uplink.names] };
await change('carrier lost', () => ip('link', 'set', 'far0', 'down'), link('up0'));
looks['carrier lost'] = uplink.look();
ip('link', 'set', 'far0', 'up');
looks['carrier back'] = uplink.look();
await change('switched off', () => ip('link', 'set', 'up0', 'down'), link('up0'));
looks['switched off'] = uplink.look();
ip('link', 'set', 'up0', 'up');
looks['switched on'] = uplink.look();
ip('link', 'del', 'up0');
ip('route', 'del', 'default');
looks['gone'] = uplink.look();
const links = new Links();
looks['states'] = [links.state('up1'), links.state('nothing')];

let nft: string | undefined;
try {
  const rule = 'table ip fairlead-snat { chain c { accept; }; }';
  const load = () => execFileSync('nft', ['-f', '-'], { input: rule, stdio: ['pipe', 'ignore', 'pipe'] });
  await change('table added', load, TABLE);
  await change('ruleset flushed', () => execFileSync('nft', ['flush', 'ruleset']), TABLE);
} catch (error) {
  nft = String(error);
}

// More than the socket can hold, while nobody reads: the kernel drops the rest and says so once.
const flood = Array.from(
  { length: 30_000 },
  (_, i) => `route replace 198.18.${(i >> 8) & 127}.${i & 255}/32 dev up1 table main proto ${3 + (i >> 15)}`,
);
await change('flood', () => execFileSync('ip', ['-batch', '-'], { input: flood.join('\n') }), { kind: 'lost' });
heard['flood'] = [{ kind: 'lost' }].filter((lost) => current.some(({ kind }) => kind === lost.kind)) as Notice[];
await change(
  'behind the flood',
  () => ip('address', 'add', '10.22.110.1/32', 'dev', 'lo'),
  address('10.22.110.1', false),
);

await monitor.close();
// In a namespace of its own, where nothing ever happens.
const quiet = insideNetns(createNetns(), () => new Monitor(() => {}, 60_000));
const begin = performance.now();
await quiet.close();
await quiet.close();
const closedInMs = performance.now() - begin;
process.stdout.write(JSON.stringify({ heard, looks, nft, closedInMs }));
process.exit(0);
