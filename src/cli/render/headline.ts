import { PHASES, type Reason } from '../../model/condition.ts';
import type { Announcement, CheckStatus, Status } from '../../model/status.ts';
import { describeDrain } from '../follow.ts';
import { paint, type Screen, type Style } from './screen.ts';
import { countOf, duration, hanging, moment } from './text.ts';

export const STATE_STYLE = { announced: 'green', deprioritised: 'yellow', withdrawn: 'red' } as const satisfies Record<
  Announcement['state'],
  Style
>;

/** Which node this is, and above all whether it announces, since when, and why not. */
export function headline(screen: Screen, status: Status): string[] {
  const { at, node, startedAt, version } = status;
  return [
    ...hanging('', `${node}, fairlead ${version}, up ${duration(at - startedAt)}`, screen.width, '  '),
    ...announcementLines(screen, status),
    ...hanging('', sourceLine(status), screen.width, '  '),
    ...cidrLines(screen, status),
  ];
}

function announcementLines(screen: Screen, { announcement, at, drain, handOverUntil }: Status): string[] {
  const { since, state } = announcement;
  const age = `for ${duration(at - since)} (since ${moment(since)})`;
  const text = describe(announcement).replace(state, `${state} ${age}`);
  const order = drain && `drain by ${drain.by.join(', ')}: ${describeDrain(drain, at)}`;
  const handOver = handOverUntil && `until ${moment(handOverUntil)} an end of this agent leaves all to the next one`;
  return [
    ...hanging('', text, screen.width, '  ').map((line) => paint(screen, STATE_STYLE[state], line)),
    ...[phaseOf(announcement), order, handOver].flatMap((line) => (line ? hanging('  ', line, screen.width) : [])),
  ];
}

/** `announced`, or `withdrawn: probe-failed: 10.99.66.10:80 timed-out`. */
export const describe = (one: Announcement): string =>
  one.state === 'announced' ? 'announced' : `${one.state}: ${one.reason}: ${one.detail}`;

/** What a reason means that is no condition: those are below, with what to look at. */
const phaseOf = (one: Announcement): string | undefined =>
  one.state !== 'announced' && isPhase(one.reason) ? PHASES[one.reason] : undefined;

const isPhase = (reason: Reason): reason is keyof typeof PHASES => reason in PHASES;

function sourceLine({ at, checks, source }: Status): string {
  const { kind, lastContactAt, problem, services, slices, synced } = source;
  const read = `${countOf(services, 'Service')}, ${countOf(slices, 'EndpointSlice')}`;
  const heard = lastContactAt === undefined ? '' : `, last heard of ${duration(at - lastContactAt)} ago`;
  const well = checks.filter(isWell).length;
  const checked = checks.length === 0 ? '' : `; ${well} of ${countOf(checks.length, 'check')} healthy`;
  return `${kind}: ${synced ? read : 'not read completely yet'}${problem === undefined ? '' : `${heard}: ${problem}`}${checked}`;
}

/** Whether there is nothing to say of a check. */
export const isWell = ({ broken, health }: CheckStatus): boolean => health === 'healthy' && broken === undefined;

/** Where the ranges come from, where the configuration does not say it. */
function cidrLines(screen: Screen, { serviceCidrs }: Status): string[] {
  if (serviceCidrs === undefined) return [];
  const { objects, synced } = serviceCidrs;
  const named = Object.entries(objects).map(([name, prefixes]) => `${name} (${prefixes.join(', ')})`);
  const from = synced ? named.toSorted().join(', ') : 'as last known, not read yet';
  return hanging('', `ranges of the ServiceCIDRs: ${from}`, screen.width, '  ');
}
