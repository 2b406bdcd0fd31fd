import { type Family, familyOf } from '../model/address.ts';
import { explain } from '../model/error.ts';
import type { VirtualServer } from '../model/virtual-server.ts';
import type { Run } from './check.ts';
import { type Attempt, describe, judge, judgeAlone, probeable, targetsOf } from './targets.ts';

/** What a round of the probe is made of. */
export interface Round {
  /** The families to prove, each by itself. */
  readonly families: readonly Family[];
  /** One of each family; none where the kernel is somebody else's. */
  readonly canaries: readonly VirtualServer[];
  readonly virtualServers: Iterable<VirtualServer>;
  /** Counts the rounds: each has other targets. */
  readonly number: number;
  readonly attempt: (target: VirtualServer) => Promise<Attempt>;
}

/**
 * Tries a few virtual servers of each family, and its canary where those cannot tell. All families have to be proven,
 * since their ranges are announced together. Never rejects.
 * @returns undefined where there was nothing to try in any family
 */
export async function runRound(round: Round): Promise<Run | undefined> {
  const candidates = probeable(round.virtualServers);
  const proofs = round.families.map(async (family) => {
    const own = candidates.filter(({ address }) => familyOf(address) === family);
    return { family, finding: await prove(family, own, round) };
  });
  return joinFindings(await Promise.all(proofs));
}

async function prove(
  family: Family,
  candidates: readonly VirtualServer[],
  { attempt, canaries, number }: Round,
): Promise<Run | undefined> {
  const asked = async (target: VirtualServer) => ({ target, attempt: await attempt(target) });
  try {
    const results = await Promise.all(targetsOf(candidates, number).map(asked));
    const canary = canaries.find(({ address }) => familyOf(address) === family);
    if (canary === undefined) return judgeAlone(results);
    const verdict = judge(results);
    if (verdict !== 'ask-canary') return verdict;
    const last = await asked(canary);
    return { ok: last.attempt === 'connected', detail: `${describe([...results, last])} (canary)` };
  } catch (error) {
    // No socket to be had, as a rule.
    return { broken: explain(error) };
  }
}

const NAMES: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

interface Proof {
  readonly family: Family;
  readonly finding: Run | undefined;
}

/**
 * What a round over several families came to: `IPv4: 10.99.66.10:80 connected; IPv6: ...`. It is bad if one of them is,
 * and else good only if all of them are: what cannot be tried does not count as proven.
 */
function joinFindings(proofs: readonly Proof[]): Run | undefined {
  const found = proofs.flatMap(({ family, finding }) => (finding ? [{ family, ...finding }] : []));
  if (found.length === 0) return undefined;
  const detail = found
    .map((one) => ({ ...one, text: 'broken' in one ? one.broken : one.detail }))
    .map(({ family, text }) => (proofs.length === 1 ? text : `${NAMES[family]}: ${text}`))
    .join('; ');
  const failed = found.some((one) => 'ok' in one && !one.ok);
  return !failed && found.some((one) => 'broken' in one) ? { broken: detail } : { ok: !failed, detail };
}
