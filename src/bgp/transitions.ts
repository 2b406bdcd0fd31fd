import type { PeerStatus } from '../model/path.ts';
import type { Outcome } from './apply.ts';
import type { LocalPath, Policies } from './gobgp.ts';
import type { BgpState } from './speaker.ts';

/** One line of the log. */
export interface LogLine {
  readonly level: 'debug' | 'info' | 'warn';
  /** kebab-case, past tense, with the fields beside it. */
  readonly event: string;
  readonly [field: string]: unknown;
}

/** What is worth a line between two states: each change once, nothing for what stays as it is. */
export function transitions(before: BgpState, after: BgpState): LogLine[] {
  const first = before.reachable === after.reachable ? problemLines(before, after) : [reachLine(after)];
  return [...first, ...sessionLines(before.peers, after.peers)];
}

function reachLine({ reachable, problem }: BgpState): LogLine {
  const problemField = problem === undefined ? {} : { problem };
  return reachable
    ? { level: problem === undefined ? 'info' : 'warn', event: 'gobgpd-reached', ...problemField }
    : { level: 'warn', event: 'gobgpd-lost', ...problemField };
}

function problemLines(before: BgpState, after: BgpState): LogLine[] {
  if (before.problem === after.problem) return [];
  return [
    after.problem === undefined
      ? { level: 'info', event: 'problem-solved' }
      : { level: 'warn', event: 'problem-found', problem: after.problem },
  ];
}

function sessionLines(before: readonly PeerStatus[], after: readonly PeerStatus[]): LogLine[] {
  return after.flatMap(({ address, state }) => {
    const from = before.find((peer) => peer.address === address)?.state ?? 'unknown';
    return from === state ? [] : [{ ...sessionEvent(from, state), peer: address, from, to: state }];
  });
}

function sessionEvent(from: PeerStatus['state'], to: PeerStatus['state']): LogLine {
  if (to === 'established') return { level: 'info', event: 'session-established' };
  if (from === 'established') return { level: 'warn', event: 'session-lost' };
  return { level: 'debug', event: 'session-changed' };
}

/** A line for each step that gobgpd took; one that it refused is told by the problem of the state. */
export const stepLines = (outcomes: readonly Outcome[]): LogLine[] =>
  outcomes.filter(({ error }) => error === undefined).map(({ step }) => stepLine(step));

function stepLine(step: Outcome['step']): LogLine {
  switch (step.do) {
    case 'start-bgp':
      return { level: 'info', event: 'bgp-started', as: step.global.as, routerId: step.global.routerId };
    case 'withdraw-path':
      return { level: 'info', event: 'path-withdrawn', prefix: step.prefix };
    case 'set-policies':
      return { level: 'info', event: 'policies-set', owned: ownedBy(step.policies) };
    case 'refresh-peers':
      return { level: 'info', event: 'peers-refreshed' };
    case 'announce-path':
      return { level: 'info', event: 'path-announced', ...present(step.path) };
    case 'delete-peer':
      return { level: 'info', event: 'peer-deleted', peer: step.peer.address };
    case 'replace-peer':
      return {
        level: 'info',
        event: 'peer-replaced',
        peer: step.peer.address,
        as: step.peer.as,
        differs: step.differs,
      };
    case 'update-peer':
      return { level: 'info', event: 'peer-updated', peer: step.peer.address, as: step.peer.as, differs: step.differs };
    case 'add-peer':
      return { level: 'info', event: 'peer-added', peer: step.peer.address, as: step.peer.as };
  }
}

/** What may go out: the members of the sets that the export chain names. */
function ownedBy({ exports, sets }: Policies): string[] {
  const named = new Set(exports.statements.map(({ prefixes }) => prefixes));
  return sets.filter(({ kind, name }) => kind === 'prefix' && named.has(`in ${name}`)).flatMap((set) => set.members);
}

/** A path without the attributes that it does not have. */
const present = (path: LocalPath): object =>
  Object.fromEntries(Object.entries(path).filter(([, value]) => !isEmpty(value)));

const isEmpty = (value: unknown): boolean => value === undefined || (Array.isArray(value) && value.length === 0);
