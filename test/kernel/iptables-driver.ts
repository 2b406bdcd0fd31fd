/**
 * Plays the iptables rules, sets, routes and settings of both families in the network namespace it is started in, and
 * takes them away again. Prints what it saw as one JSON object.
 */
import { execFileSync } from 'node:child_process';
import { createFirewall, type Firewall } from '../../src/dataplane/firewall/firewall.ts';
import { removeFirewalls } from '../../src/dataplane/firewall/remove.ts';
import { XtablesFingerprint } from '../../src/dataplane/firewall/xtables.ts';
import { inTurn, type PartReport } from '../../src/dataplane/part.ts';
import { ensureSysctls, restoreSysctls } from '../../src/dataplane/sysctl/apply.ts';
import { wantedSysctls } from '../../src/dataplane/sysctl/want.ts';
import { RangeRoutes } from '../../src/dataplane/vip/apply.ts';
import { wantedRoutes } from '../../src/dataplane/vip/want.ts';
import { FairleadError } from '../../src/model/error.ts';

const RANGES = ['10.99.66.0/23', 'fd99:66::/112'];
const ADDRESSES = new Set(['192.0.2.7', 'fd05::7']);
const SETTINGS = { firewall: 'iptables' as const, ranges: RANGES, external: ['192.0.2.0/24', '::/0'], mssClamp: 1320 };
const ORIGINALS = '/tmp/iptables-driver/sysctls.json';
const SERVED = new Map(
  ['tcp/10.99.66.10:80', 'udp/[fd99:66::53]:53'].map((key) => [
    key,
    { realServers: [{ address: '10.1.0.101', port: 80, weight: 1 }] },
  ]),
);

const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8' });
const lines = (text: string): string[] => text.split('\n').filter((line) => /^(-A|add|create|:FAIRLEAD)/.test(line));
const state = (): Record<string, readonly string[]> => ({
  ipv4: lines(run('iptables-legacy-save')),
  ipv6: lines(run('ip6tables-legacy-save')),
  sets: lines(run('ipset', 'save')),
  routes: ['-4', '-6'].flatMap((family) =>
    run('ip', family, 'route', 'show', 'table', 'all', 'proto', '66').split('\n').filter(Boolean),
  ),
  sysctls: run('sysctl', '-n', 'net.ipv4.ip_forward', 'net.ipv6.conf.all.forwarding', 'net.ipv6.conf.eth2.accept_ra')
    .trim()
    .split('\n'),
});

run('iptables-legacy', '-t', 'nat', '-A', 'POSTROUTING', '-s', '192.0.2.0/24', '-j', 'MASQUERADE');
run('ip6tables-legacy', '-A', 'INPUT', '-p', 'tcp', '--dport', '22', '-j', 'ACCEPT');
run('ipset', 'create', 'others', 'hash:ip');
for (const setting of ['net.ipv4.ip_forward=0', 'net.ipv6.conf.all.forwarding=0', 'net.ipv6.conf.eth2.accept_ra=1']) {
  run('sysctl', '-qw', setting);
}

const routes = new RangeRoutes();
const ensure = (firewall: Firewall): Promise<PartReport> =>
  inTurn([
    () => ensureSysctls(wantedSysctls(['ipv4', 'ipv6']), ORIGINALS),
    () => firewall.cover(ADDRESSES),
    () => firewall.narrow(SERVED, []),
    () => firewall.ensureFilter(),
    () => firewall.ensureSnat(),
    () => firewall.ensureMss(),
    () => firewall.widen(SERVED, []),
    () => routes.ensure(wantedRoutes(RANGES, ADDRESSES, {})),
  ]);

/** This kernel has no NAT in nf_tables: looking finds iptables, and asking for nf_tables is refused. */
const found = await createFirewall({ ...SETTINGS, firewall: 'auto' });
found.close();
const forced = await createFirewall({ ...SETTINGS, firewall: 'nftables' }).then(
  ({ kind }) => kind,
  (error: unknown) => (error instanceof FairleadError ? [error.code, error.message, error.hint] : String(error)),
);

const before = state();
const firewall = await createFirewall(SETTINGS);
const seen = { first: (await ensure(firewall)).problems, made: state(), second: await ensure(firewall) };
run('ip6tables-legacy', '-t', 'mangle', '-F', 'POSTROUTING');
run('ip6tables-legacy', '-D', 'INPUT', '1');
const repaired = await ensure(firewall);
firewall.close();

/** Whether a table is the same table for us after a packet was counted in it. */
const sameAfterTraffic = (['ipv4', 'ipv6'] as const).map((family) => {
  const fingerprint = new XtablesFingerprint(family);
  const quiet = fingerprint.read('filter');
  run('ping', '-c', '1', family === 'ipv4' ? '127.0.0.1' : '::1');
  const same = fingerprint.read('filter').equals(quiet);
  fingerprint.close();
  return same;
});

const narrower = await createFirewall({ ...SETTINGS, ranges: ['10.99.66.0/23'], external: [], mssClamp: undefined });
const narrowed = { problems: (await ensure(narrower)).problems, made: state() };
narrower.close();

const remove = (): Promise<PartReport> =>
  inTurn([() => routes.remove(), removeFirewalls, () => restoreSysctls(ORIGINALS)]);
const removed = { first: (await remove()).problems, second: await remove() };
process.stdout.write(
  JSON.stringify({
    found: found.kind,
    forced,
    before,
    ...seen,
    repaired,
    sameAfterTraffic,
    narrowed,
    removed,
    after: state(),
  }),
);
routes.close();
