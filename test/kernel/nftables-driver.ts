/**
 * Plays the filter and the SNAT table of nf_tables in the network namespace it is started in, and prints what it saw as
 * one JSON object. An outpost stands for the client. There is no IPVS here: every connection to the range is one that
 * nobody serves, which is what the filter is about.
 */
import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { createFirewall } from '../../src/dataplane/firewall/firewall.ts';
import { RangeRoutes } from '../../src/dataplane/vip/apply.ts';
import { wantedRoutes } from '../../src/dataplane/vip/want.ts';
import { Outpost } from '../../src/health/outpost.ts';

const RANGES = ['10.99.66.0/23'];
const nft = (...args: string[]): string => execFileSync('nft', args, { encoding: 'utf8' });

execFileSync('ip', ['link', 'set', 'lo', 'up']);
const client = new Outpost({
  name: 'client',
  ipv4: { node: '169.254.88.1', outpost: '169.254.88.2' },
  ipv6: { node: 'fd88::1', outpost: 'fd88::2' },
});
const routes = new RangeRoutes();
await routes.ensure(wantedRoutes(RANGES, undefined));
const host = createServer((socket) => socket.on('error', () => undefined).end()).listen(8022, '0.0.0.0');
const attempt = (address: string): Promise<string> => client.attempt({ address, port: 8022 }, 1000);

nft('add', 'table', 'ip', 'somebody');
const firewall = await createFirewall('auto', RANGES);
const without = await attempt('10.99.66.77');
const first = [await firewall.ensureFilter(), await firewall.ensureSnat()];
const seen = {
  kind: firewall.kind,
  without,
  first,
  unserved: await attempt('10.99.66.77'),
  own: await attempt('169.254.88.1'),
  second: [await firewall.ensureFilter(), await firewall.ensureSnat()],
  others: [nft('delete', 'table', 'ip', 'somebody'), await firewall.ensureFilter(), await firewall.ensureSnat()],
  deleted: [
    nft('delete', 'table', 'ip', 'fairlead-filter'),
    await firewall.ensureFilter(),
    await firewall.ensureSnat(),
  ],
  emptied: [
    nft('flush', 'chain', 'ip', 'fairlead-snat', 'postrouting'),
    await firewall.ensureFilter(),
    await firewall.ensureSnat(),
  ],
  ruleset: nft('--stateless', 'list', 'ruleset'),
  repaired: await attempt('10.99.66.77'),
};
process.stdout.write(JSON.stringify(seen));
host.close();
firewall.close();
routes.close();
client.close();
