import type { Drain } from '../model/drain.ts';
import type { Announcement, Status } from '../model/status.ts';

/** How far a drain, or the end of one, has come. */
export interface Progress {
  /** One line, for people. */
  readonly line: string;
  /** 0 once it is done, 1 once it is clear that it will not be; undefined meanwhile. */
  readonly code: 0 | 1 | undefined;
}

type Seen = Pick<Status, 'announcement' | 'at' | 'drain'>;

/** An agent that decides late is not at fault for as long. */
const LATE_MS = 3000;

/** How far a drain has come. Done is one that leaves no connection behind that anything comes in for. */
export function drainProgress({ at, drain }: Seen): Progress {
  if (drain === undefined) return { line: 'the drain was called off', code: 1 };
  const line = describeDrain(drain, at);
  if (drain.stage === 'drained') return { line, code: drain.connections && !drain.silent ? 1 : 0 };
  // Whose turn it is, is up to others, and the time does not run.
  if (drain.stage === 'waiting') return { line, code: undefined };
  return at > drain.deadline + LATE_MS ? { line: `the time is up: ${line}`, code: 1 } : { line, code: undefined };
}

/** How far a node has come on its way back. @param deadline milliseconds since the epoch */
export function undrainProgress({ announcement, at, drain }: Seen, deadline: number): Progress {
  if (drain) return { line: `still asked for by ${drain.by.join(', ')}: ${describeDrain(drain, at)}`, code: 1 };
  const line = describeAnnouncement(announcement);
  if (announcement.state === 'announced') return { line, code: 0 };
  return at > deadline ? { line: `the time is up: ${line}`, code: 1 } : { line, code: undefined };
}

/** `withdrawn: 3 connections to end, 41 s left`, or `drained in 12 s: no connection left`. */
export function describeDrain(
  { connections, deadline, silent, stage, since, startedAt, waiting }: Drain,
  at: number,
): string {
  if (stage === 'drained') {
    const dead = connections && silent ? `, and nothing comes in for ${connections === 1 ? 'it' : 'them'}` : '';
    return `drained in ${seconds(since - startedAt)}: ${countOf(connections)} left${dead}`;
  }
  if (stage === 'waiting') return `waits for ${waiting}`;
  const counted = stage === 'deprioritised' && connections !== undefined ? `, ${countOf(connections)} open` : '';
  return `${stage}${counted}, waits for ${waiting}, ${seconds(Math.max(0, deadline - at))} left`;
}

const describeAnnouncement = (now: Announcement): string =>
  now.state === 'announced' ? 'announced' : `${now.state}: ${now.reason} (${now.detail})`;

const seconds = (ms: number): string => `${Math.round(ms / 1000)} s`;

function countOf(connections: number | undefined): string {
  if (connections === undefined) return 'an unknown number of connections';
  return connections === 0 ? 'no connection' : connections === 1 ? '1 connection' : `${connections} connections`;
}
