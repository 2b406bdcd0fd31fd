import type { Outcome } from './check.ts';
import { formatEndpoint, type VirtualServer } from '../model/virtual-server.ts';

/** Connections tried in one round. More would not tell more: a broken data plane fails them all. */
const TARGETS = 3;

/** How the attempt to open a TCP connection ended. */
export type Attempt = 'connected' | 'refused' | 'timed-out' | 'failed';

export interface TargetResult {
  readonly target: Pick<VirtualServer, 'address' | 'port'>;
  readonly attempt: Attempt;
}

/** Virtual servers that can be probed by opening a connection: TCP, with a real server that takes new ones. */
export const probeable = (virtualServers: Iterable<VirtualServer>): VirtualServer[] =>
  [...virtualServers].filter(
    ({ protocol, realServers }) => protocol === 'tcp' && realServers.some(({ weight }) => weight > 0),
  );

/**
 * The targets of a round: others in each round, all candidates in turn. Where there are fewer than a round takes, they
 * are tried again, so that the scheduler hands the attempts to different real servers: one dead pod is no dead path.
 */
export function targetsOf(candidates: readonly VirtualServer[], round: number): VirtualServer[] {
  const start = round * TARGETS;
  return Array.from({ length: TARGETS }, (_, i) => candidates[(start + i) % candidates.length]).filter(
    (target) => target !== undefined,
  );
}

/**
 * The verdict of a round, or `ask-canary`. One connection that comes about proves the path, whatever becomes of the
 * others. Where there was nothing to try, or all was refused, only the canary can tell a broken path from pods
 * that do not listen: no single application may take a node off the switch.
 */
export function judge(results: readonly TargetResult[]): Outcome | 'ask-canary' {
  if (results.some(({ attempt }) => attempt === 'connected')) return { ok: true, detail: describe(results) };
  if (results.every(({ attempt }) => attempt === 'refused')) return 'ask-canary';
  return { ok: false, detail: describe(results) };
}

/**
 * The verdict of a round where there is no canary: a refusal is an answer too, of a pod or of the proxy, so the path
 * stands. Undefined without anything to try; what stood before stands then.
 */
export function judgeAlone(results: readonly TargetResult[]): Outcome | undefined {
  if (results.length === 0) return undefined;
  const verdict = judge(results);
  if (verdict !== 'ask-canary') return verdict;
  return { ok: true, detail: `${describe(results)}: the path answers, though no real server accepts` };
}

/** `10.99.66.10:80 connected, 10.99.66.11:443 timed-out`; what happened several times is said once. */
export const describe = (results: readonly TargetResult[]): string =>
  [...new Set(results.map(({ target, attempt }) => `${formatEndpoint(target)} ${attempt}`))].join(', ');
