import { type Condition, effectOf } from '../../model/condition.ts';
import type { PeerStatus } from '../../model/path.ts';
import type { Status } from '../../model/status.ts';
import { describe } from './headline.ts';
import { clean } from './text.ts';

/** What has become another between two looks at a node, one line for each; without a look before, how it stands. */
export function transitions(before: Status | undefined, now: Status): string[] {
  const wasRestarted = before !== undefined && before.startedAt !== now.startedAt;
  return [
    ...(wasRestarted ? [`another agent, fairlead ${now.version}`] : []),
    ...announcementChange(before, now),
    ...drainChange(before, now),
    ...conditionChanges(before?.conditions ?? [], now.conditions),
    ...peerChanges(before?.peers ?? [], now.peers),
  ].map(clean);
}

function announcementChange(before: Status | undefined, now: Status): string[] {
  const line = `${describe(now.announcement)}${now.announcement.state === 'withdrawn' ? '' : `: ${now.ranges.join(', ')}`}`;
  const same = before?.announcement.since === now.announcement.since && String(before.ranges) === String(now.ranges);
  return same ? [] : [line];
}

function drainChange(before: Status | undefined, now: Status): string[] {
  if (before?.drain?.stage === now.drain?.stage) return [];
  return [now.drain ? `drain by ${now.drain.by.join(', ')}: ${now.drain.stage}` : 'nothing asks for a drain any more'];
}

function conditionChanges(before: readonly Condition[], now: readonly Condition[]): string[] {
  const had = new Set(before.map(({ code }) => code));
  const has = new Set(now.map(({ code }) => code));
  const raised = now.filter(({ code }) => !had.has(code));
  return [
    ...raised.map((one) => `raised ${one.code} (${effectOf(one)}): ${one.detail}`),
    ...[...had.difference(has)].map((code) => `cleared ${code}`),
  ];
}

function peerChanges(before: readonly PeerStatus[], now: readonly PeerStatus[]): string[] {
  const states = new Map(before.map(({ address, state }) => [address, state]));
  const addresses = new Set(now.map(({ address }) => address));
  const gone = before.filter(({ address }) => !addresses.has(address));
  return [
    ...now
      .filter(({ address, state }) => states.get(address) !== state)
      .map(({ address, lastError, state }) => {
        const why = state === 'established' || lastError === undefined ? '' : `: ${lastError}`;
        return `peer ${address} ${state}${why}`;
      }),
    ...gone.map(({ address }) => `peer ${address} no longer a peer`),
  ];
}
