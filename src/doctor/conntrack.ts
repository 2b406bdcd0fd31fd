import { judgeHeadroom, type TableUse } from '../health/headroom.ts';
import { error, type Finding, ok, warning } from './finding.ts';

export interface ConntrackFacts extends Omit<TableUse, 'drops'> {
  /** Chains of the hash table; undefined where the kernel does not say. */
  readonly buckets: number | undefined;
}

/** Each connection of a client takes one entry. Below that, a crowd of clients fills the table of an lb node. */
const FEW = 32_768;
/** What the table is raised to where it is too small: some 160 MiB when it is full. */
const PLENTY = 524_288;
/** Entries for each bucket of a full table: the kernel's own default is 1, and was 4 until 5.15. */
const LONG_CHAINS = 4;

const RAISE = `\`sysctl -w net.netfilter.nf_conntrack_max=${PLENTY}\`, and in /etc/sysctl.d/ of the node`;

/** @param facts undefined where the kernel tracks no connections, as before nf_conntrack is loaded */
export function conntrackFindings(facts: ConntrackFacts | undefined): Finding[] {
  if (facts === undefined) return [ok('conntrack', 'no connection is tracked yet')];
  const { buckets, max } = facts;
  return [sizeFinding(facts), ...(buckets === undefined || max === 0 ? [] : [chainsFinding(max, buckets)])];
}

function sizeFinding({ count, max }: ConntrackFacts): Finding {
  const { detail, ok: hasRoom } = judgeHeadroom({ count, max, drops: 0 }, undefined);
  if (!hasRoom) return error('conntrack', `${detail}: new connections are dropped`, RAISE);
  if (max > 0 && count > max / 2) return warning('conntrack', `${detail}: more than half full`, RAISE);
  return max > 0 && max < FEW ? warning('conntrack', `${detail}: few for an lb node`, RAISE) : ok('conntrack', detail);
}

function chainsFinding(max: number, buckets: number): Finding {
  const check = 'conntrack: buckets';
  const found = `${buckets} for ${max} entries`;
  if (max / buckets <= LONG_CHAINS) return ok(check, found);
  const remedy = `\`sysctl -w net.netfilter.nf_conntrack_buckets=${max}\` in the network namespace of the host`;
  return warning(check, `${found}: each packet looks through a long chain when the table fills`, remedy);
}
