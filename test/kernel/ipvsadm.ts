import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { createNetns, insideNetns } from '../../src/dataplane/netlink/libc.ts';
import { formatEndpoint, type Protocol, type RealServer, type VirtualServer } from '../../src/model/virtual-server.ts';

const SERVICE: Record<Protocol, string> = { tcp: '-t', udp: '-u', sctp: '--sctp-service' };
const MOST_OUTPUT = 256 * 1024 * 1024;
const RULES = '/run/ipvsadm-rules';

/**
 * A network namespace with an IPVS table of its own: empty, and without the trash of deleted real servers that every
 * addition searches. The kernel takes no IPv4 real server before there is a local routing table, which comes with lo.
 */
export function freshNetns(): number {
  const netns = createNetns();
  insideNetns(netns, () => execFileSync('ip', ['link', 'set', 'lo', 'up']));
  return netns;
}

/** Runs ipvsadm in a network namespace and returns what it prints. Throws when it says anything on stderr. */
export function ipvsadm(netns: number, args: readonly string[]): string {
  return run(netns, args, 'ignore');
}

/** Writes rules to a file, and returns what gives it to `ipvsadm --restore`: nothing of us runs while it reads them. */
export function restoring(netns: number, lines: readonly string[]): () => void {
  writeFileSync(RULES, lines.map((line) => `${line}\n`).join(''));
  return () => {
    const file = openSync(RULES, 'r');
    try {
      run(netns, ['--restore'], file);
    } finally {
      closeSync(file);
    }
  };
}

/** The table of a network namespace as ipvsadm tells it, one line an entry, in an order that says nothing. */
export const savedLines = (netns: number): string[] => ipvsadm(netns, ['-Sn']).trimEnd().split('\n').filter(Boolean);

/** The exit code is that of the last rule alone (ipvsadm 1.31), so that an error is known by what is said of it. */
function run(netns: number, args: readonly string[], stdin: 'ignore' | number): string {
  const stdio = [stdin, 'pipe', 'pipe'] as const;
  const { error, status, stderr, stdout } = insideNetns(netns, () =>
    spawnSync('ipvsadm', args, { stdio: [...stdio], encoding: 'utf8', maxBuffer: MOST_OUTPUT }),
  );
  if (error) throw error;
  if (status === 0 && stderr === '') return stdout;
  throw new Error(`ipvsadm ${args.join(' ')}: exit code ${status}: ${stderr}`);
}

/** A virtual server in the words of `ipvsadm -Sn`: the service, then its real servers. */
export const linesOf = (server: VirtualServer): string[] => [
  serviceLine(server),
  ...server.realServers.map((real) => realServerLine('-a', server, real)),
];

function serviceLine(server: VirtualServer): string {
  const { persistenceSeconds, scheduler, schedulerFlags } = server;
  const persistence = persistenceSeconds > 0 ? ` -p ${persistenceSeconds}` : '';
  const flags = schedulerFlags.map((flag) => `${scheduler}-${flag}`).join(',');
  return `-A ${identity(server)} -s ${scheduler}${persistence}${flags && ` -b ${flags}`}`;
}

/** Adds (`-a`) or edits (`-e`) a real server. */
export const realServerLine = (command: '-a' | '-e', server: VirtualServer, real: RealServer): string =>
  `${command} ${identity(server)} -r ${formatEndpoint(real)} -m -w ${real.weight}`;

/** A service in the words of ipvsadm's command line. */
export const identity = (server: Pick<VirtualServer, 'protocol' | 'address' | 'port'>): string =>
  `${SERVICE[server.protocol]} ${formatEndpoint(server)}`;
