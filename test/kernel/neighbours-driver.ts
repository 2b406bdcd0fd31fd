/**
 * Writes what kube-proxy writes into the firewalls of the network namespace it is started in, and prints after each step
 * who was seen to own the Services, as one JSON object.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { formatNeighbour } from '../../src/dataplane/neighbours/plan.ts';
import { Neighbourhood } from '../../src/dataplane/neighbours/read.ts';

const run = (file: string, args: readonly string[], input = ''): string =>
  execFileSync(file, args, { input, encoding: 'utf8' });
const nft = (input: string): string => run('nft', ['-f', '-'], input);

function seen(): string[] {
  const neighbourhood = new Neighbourhood(['10.99.66.0/23', 'fd99:66::/112']);
  const found = neighbourhood.look().map(formatNeighbour);
  neighbourhood.close();
  return found;
}

const chain = (...rules: string[]): string =>
  ['*nat', ':KUBE-SERVICES - [0:0]', ':KUBE-SVC-1 - [0:0]', ...rules.map((rule) => `-A ${rule}`), 'COMMIT', ''].join(
    '\n',
  );
const service = (destination: string): string =>
  `KUBE-SERVICES -d ${destination} -p tcp -m tcp --dport 80 -j KUBE-SVC-1`;
const restore = (backend: string, ...rules: string[]): string =>
  run(`iptables-${backend}-restore`, ['--noflush'], chain(...rules));

/** A table of kube-proxy in nftables mode, as far as it leads packets to pods. */
const kubeProxy = (family: string, type: string, key: string): string => `table ${family} kube-proxy {
  chain service-1 { }
  map service-ips { type ${type} . inet_proto . inet_service : verdict; elements = { ${key} . tcp . 80 : goto service-1 } }
}
`;
const loadedTables = (): string =>
  existsSync('/proc/net/ip_tables_names') ? readFileSync('/proc/net/ip_tables_names', 'utf8') : '';

const steps = {
  nothing: () => undefined,
  'iptables-legacy: other addresses': () =>
    restore('legacy', service('10.96.0.1/32'), 'KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-SVC-1'),
  'iptables-legacy: ours': () => restore('legacy', service('10.96.0.1/32'), service('10.99.66.10/32')),
  'iptables-legacy: emptied': () => run('iptables-legacy', ['-t', 'nat', '-F']),
  'ip6tables-legacy: ours': () => run('ip6tables-legacy-restore', ['--noflush'], chain(service('fd99:66::a/128'))),
  'ip6tables-legacy: emptied': () => run('ip6tables-legacy', ['-t', 'nat', '-F']),
  'iptables-nft: other addresses': () => restore('nft', service('10.96.0.1/32'), service('10.96.0.0/24')),
  'iptables-nft: ours': () => restore('nft', service('10.96.0.1/32'), service('10.99.67.0/24')),
  'iptables-nft: emptied': () => run('iptables-nft', ['-t', 'nat', '-F']),
  'nftables: empty table': () => nft('table ip kube-proxy { }\n'),
  'nftables: other addresses': () => nft(kubeProxy('ip', 'ipv4_addr', '10.96.0.1')),
  'nftables: ours': () => nft(kubeProxy('ip', 'ipv4_addr', '10.99.66.10')),
  'nftables: gone': () => nft('delete table ip kube-proxy\n'),
  'nftables: ours, IPv6': () => nft(kubeProxy('ip6', 'ipv6_addr', 'fd99:66::a')),
  'kube-proxy in ipvs mode': () => run('ip', ['link', 'add', 'kube-ipvs0', 'type', 'bridge']),
};

const before = loadedTables();
seen();
const results: Record<string, unknown> = {
  'tables loaded by looking': loadedTables() === before ? '' : loadedTables(),
};
for (const [name, step] of Object.entries(steps)) {
  step();
  results[name] = seen();
}
process.stdout.write(JSON.stringify(results));
