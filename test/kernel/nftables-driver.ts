/**
 * Plays the tables of nf_tables, in both families, in the network namespace it is started in, and prints what it saw as
 * one JSON object. An outpost stands for the client. There is no IPVS here: every connection to what is bound is one
 * that nobody serves, which is what the filter is about.
 */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { createFirewall, type Firewall } from '../../src/dataplane/firewall/firewall.ts';
import { removeFirewalls } from '../../src/dataplane/firewall/remove.ts';
import type { PartReport } from '../../src/dataplane/part.ts';
import { RangeRoutes } from '../../src/dataplane/vip/apply.ts';
import { wantedRoutes } from '../../src/dataplane/vip/want.ts';
import { Outpost } from '../../src/health/outpost.ts';

const RANGES = ['10.99.66.0/23', 'fd99:66::/112'];
const EXTERNAL = '192.0.2.7';
/** The address of the node itself is inside of an allow-list. */
const ALLOWED = ['192.0.2.0/24', '169.254.88.0/24'];
const SETTINGS = { firewall: 'auto' as const, ranges: RANGES, external: ALLOWED, mssClamp: 1320 };
const nft = (...args: string[]): string => execFileSync('nft', args, { encoding: 'utf8' });
const ip = (...args: string[]): string => execFileSync('ip', args, { encoding: 'utf8' });

ip('link', 'set', 'lo', 'up');
const client = new Outpost({
  name: 'client',
  ipv4: { node: '169.254.88.1', outpost: '169.254.88.2' },
  ipv6: { node: 'fd88::1', outpost: 'fd88::2' },
});
client.connect('ipv4');
client.connect('ipv6');
const routes = new RangeRoutes();
const bound = wantedRoutes(RANGES, [EXTERNAL], { ipv4: '169.254.88.1' });
const bind = [await routes.ensure(bound), await routes.ensure(bound)];
const host = createServer((socket) => socket.on('error', () => undefined).end()).listen(8022, '::');
const attempt = (address: string): Promise<string> => client.attempt({ address, port: 8022 }, 1000);

/** A virtual server at the address of the node, whose host socket stands for IPVS. */
const drainingAt = (port: number) =>
  new Map([[`tcp/169.254.88.1:${port}`, { realServers: [{ address: '10.1.0.1', port, weight: 0 }] }]]);

nft('add', 'table', 'ip', 'somebody');
const firewall = await createFirewall(SETTINGS);
const ensure = async (one: Firewall = firewall): Promise<PartReport[]> => [
  await one.ensureFilter(),
  await one.ensureSnat(),
  await one.ensureMss(),
];
const without = [await attempt('10.99.66.77'), await attempt('fd99:66::77')];
const first = await ensure();
const seen = {
  kind: firewall.kind,
  bind,
  routes:
    ip('-4', 'route', 'show', 'table', 'all', 'proto', '66') + ip('-6', 'route', 'show', 'table', 'all', 'proto', '66'),
  without,
  first,
  unserved: [await attempt('10.99.66.77'), await attempt('fd99:66::77')],
  own: [await attempt('169.254.88.1'), await attempt('fd88::1')],
  second: await ensure(),
  uncovered: await attempt(EXTERNAL),
  cover: [await firewall.cover(new Set([EXTERNAL])), ...(await ensure())],
  covered: await attempt(EXTERNAL),
  coveredAgain: [await firewall.cover(new Set([EXTERNAL])), ...(await ensure())],
  draining: [await firewall.narrow(drainingAt(8022), []), await attempt('169.254.88.1'), ...(await ensure())],
  opened: [await firewall.narrow(new Map(), drainingAt(8022).keys()), await attempt('169.254.88.1')],
  others: [nft('delete', 'table', 'ip', 'somebody'), ...(await ensure())],
  deleted: [nft('delete', 'table', 'ip6', 'fairlead-filter'), ...(await ensure())],
  emptied: [nft('flush', 'chain', 'ip', 'fairlead-snat', 'postrouting'), ...(await ensure())],
  ruleset: nft('--stateless', 'list', 'ruleset'),
  repaired: await attempt('10.99.66.77'),
};

// The next agent has another configuration: one family, no clamp. What is not its own any more goes.
nft('add', 'table', 'ip', 'somebody');
const narrower = await createFirewall({ ...SETTINGS, ranges: ['10.99.66.0/23'], external: [], mssClamp: undefined });
const changed = { reports: await ensure(narrower), tables: nft('list', 'tables') };
const removed = {
  reports: [await removeFirewalls(), await removeFirewalls(), await routes.remove()],
  tables: nft('list', 'tables'),
  routes: ip('route', 'show', 'table', 'all', 'proto', '66') + ip('-6', 'route', 'show', 'table', 'all', 'proto', '66'),
};
// As on a node that has no `nft`, and needs none where there is nothing to delete.
process.env['PATH'] = '/nonexistent';
const withoutNft = await removeFirewalls();
process.stdout.write(JSON.stringify({ ...seen, changed, removed, withoutNft }));
host.close();
firewall.close();
narrower.close();
routes.close();
client.close();
