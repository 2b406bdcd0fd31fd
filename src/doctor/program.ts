import { error, type Finding, isUnknown, ok, type Unknown, unseen, warning } from './finding.ts';

/** What this program runs on, and what it may do there. */
export interface ProgramFacts {
  /** As `24.11.0`, and the first one it is made for. */
  readonly node: string;
  readonly wantedNode: string;
  /** As `6.1.0-30-amd64`. */
  readonly kernel: string;
  /** CapEff of /proc/self/status. */
  readonly capabilities: bigint | Unknown;
  /** Undefined where the netlink sockets can be opened. */
  readonly native: Unknown | undefined;
}

export const programFindings = (facts: ProgramFacts): Finding[] => [
  nodeFinding(facts),
  kernelFinding(facts.kernel),
  capabilitiesFinding(facts.capabilities),
  nativeFinding(facts.native),
];

function nodeFinding({ node, wantedNode }: ProgramFacts): Finding {
  if (isAtLeast(node, wantedNode)) return ok('node.js', node);
  return error('node.js', `${node}: expected ${wantedNode} or later`, 'run the image, or another Node');
}

/** NETLINK_GET_STRICT_CHK, which every netlink socket of ours asks for (include/uapi/linux/netlink.h). */
const OLDEST_KERNEL = '4.20';
/** From here on conn_reuse_mode 1 costs no SYN (kernel commit f0a5e4d7a594, kubernetes #81775). */
const GOOD_KERNEL = '5.9';

function kernelFinding(kernel: string): Finding {
  if (!isAtLeast(kernel, OLDEST_KERNEL))
    return error('kernel', `${kernel}: expected ${OLDEST_KERNEL} or later`, 'boot a later kernel');
  if (isAtLeast(kernel, GOOD_KERNEL)) return ok('kernel', kernel);
  const found = `${kernel}: a client that uses a port again waits for a second, before ${GOOD_KERNEL}`;
  return warning('kernel', found, 'boot a later kernel, or `sysctl -w net.ipv4.vs.conn_reuse_mode=0`');
}

/** What deploy/ gives to the agent's container, by the number of the bit (include/uapi/linux/capability.h). */
const CAPABILITIES = { NET_ADMIN: 12, NET_RAW: 13, SYS_ADMIN: 21 } as const;

function capabilitiesFinding(capabilities: bigint | Unknown): Finding {
  if (isUnknown(capabilities)) return unseen('capabilities', capabilities, 'see whether /proc is mounted');
  const names = Object.entries(CAPABILITIES);
  const missing = names.filter(([, bit]) => ((capabilities >> BigInt(bit)) & 1n) === 0n).map(([name]) => name);
  if (missing.length === 0) return ok('capabilities', names.map(([name]) => name).join(', '));
  const remedy = `run as root, or add [${missing.join(', ')}] to securityContext.capabilities of the agent (deploy/)`;
  return error('capabilities', `without ${missing.join(', ')}: the kernel refuses the agent`, remedy);
}

function nativeFinding(native: Unknown | undefined): Finding {
  if (native === undefined) return ok('native module', 'koffi opens netlink sockets');
  const remedy =
    'put node_modules/koffi and node_modules/@koromix of this platform beside dist/ (`npm ci`), or run the image';
  return error('native module', `koffi cannot be loaded: ${native.problem.split('\n')[0]}`, remedy);
}

/** Compares what stands before the first dash, part by part. */
export function isAtLeast(version: string, wanted: string): boolean {
  const parts = partsOf(version);
  const differences = partsOf(wanted).map((least, at) => (parts[at] ?? 0) - least);
  return (differences.find((difference) => difference !== 0) ?? 0) > -1;
}

const partsOf = (version: string): number[] => (/^[\d.]+/.exec(version)?.[0] ?? '0').split('.').map(Number);
