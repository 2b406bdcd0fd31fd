import { type Skipped, ORDINARY_REASONS } from '../../model/snapshot.ts';
import type { CheckStatus, Counts, Status, TransitionCount } from '../../model/status.ts';
import { describe, isWell, STATE_STYLE } from './headline.ts';
import { paint, type Screen } from './screen.ts';
import { type Cell, section } from './table.ts';
import { duration, hanging, whole } from './text.ts';

const SHOWN_HISTORY = 3;
const SHOWN_LEFT_OUT = 5;

/** The checks that are not well; all of them where all are asked for. */
export function checkSection(screen: Screen, { checks }: Status): string[] {
  const shown = screen.all ? checks : checks.filter((check) => !isWell(check));
  const columns = ['CHECK', 'HEALTH', 'STREAK', 'LAST OUTCOME'].map((title) => ({ title }));
  const rows = shown.map((check): Cell[] => [check.name, healthCell(check), String(check.streak), outcomeOf(check)]);
  return section(screen, 'Checks', columns, rows);
}

const healthCell = ({ health }: CheckStatus): Cell => [
  health,
  health === 'healthy' ? 'green' : health === 'unhealthy' ? 'red' : undefined,
];

/** What was last found stays true until something else is; that it could not be looked at again stands beside it. */
const outcomeOf = ({ broken, detail }: CheckStatus): string =>
  broken === undefined ? detail : `${detail} (could not be run: ${broken})`;

/** Those that are heard of, and those that are away in the middle of a drain. Where none drains, it is no column. */
export function othersSection(screen: Screen, { at, census }: Status): string[] {
  const title = census.known || !census.last ? '' : ` (not known now, as of ${duration(at - census.last.at)} ago)`;
  const others = (census.known ? census.others : census.last?.others) ?? [];
  const turns = census.known ? census.turns : [];
  const away = turns.filter(({ node }) => !others.some((other) => other.node === node));
  const rows = [
    ...others.map(({ faults, node, state }): Cell[] => [
      node,
      [state, STATE_STYLE[state]],
      faults.join(', ') || 'none',
    ]),
    ...away.map(({ node }): Cell[] => [node, 'not heard of', '-']),
  ].toSorted(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));
  const stepOf = (name: Cell | undefined): string => turns.find(({ node }) => node === name)?.step ?? 'no';
  const shown = turns.length === 0 ? rows : rows.map((row) => [...row, stepOf(row[0])]);
  const head = ['NODE', 'ANNOUNCEMENT', 'FAULTS', ...(turns.length === 0 ? [] : ['DRAIN'])];
  return section(
    screen,
    `Other nodes${title}`,
    head.map((one) => ({ title: one })),
    shown,
  );
}

/** What has happened since the start of the agent: nothing of it is wrong now. */
export function counterSection(screen: Screen, { counts, flaps }: Status): string[] {
  const lines = [
    ['changes in the kernel', sumUp(counts.kernelChanges)],
    ['put right what others changed', sumUp(counts.drift)],
    ['refused by the kernel', sumUp(counts.kernelErrors)],
    ['transitions', counts.transitions.map(transitionOf).join(', ')],
    ['sessions lost', sumUp(counts.sessionsLost)],
    ['full announcements taken back of late', flaps === 0 ? '' : String(flaps)],
  ].filter(([, text]) => text !== '');
  if (lines.length === 0) return [];
  const shown = lines.flatMap(([title, text]) => hanging('  ', `${title}: ${text}`, screen.width, '    '));
  return [paint(screen, 'bold', 'Since the start'), ...shown];
}

const transitionOf = ({ count, from, reason, to }: TransitionCount): string =>
  `${from} to ${to}${reason === undefined ? '' : ` (${reason})`} ${whole(count)}`;

const sumUp = (counts: Counts['drift']): string =>
  Object.entries(counts)
    .filter(([, count]) => count > 0)
    .map(([name, count]) => `${name} ${whole(count)}`)
    .join(', ');

/** The last few announcements, the present one left out. */
export function historySection(screen: Screen, { announcement, at, history }: Status): string[] {
  const last = screen.all ? history : history.slice(-SHOWN_HISTORY);
  const rows = last.map((one, index): Cell[] => {
    const until = (last[index + 1] ?? announcement).since;
    return [`${duration(at - until)} ago`, describe(one)];
  });
  return section(screen, 'History', [{ title: 'UNTIL' }, { title: 'ANNOUNCEMENT' }], rows);
}

/** What is not served, without what nobody has to do anything about. */
export function leftOutSection(screen: Screen, { skipped }: Status): string[] {
  const notable = skipped.filter(({ reason }) => screen.all || !ORDINARY_REASONS.has(reason)).toSorted(byObject);
  const shown = screen.all ? notable : notable.slice(0, SHOWN_LEFT_OUT);
  const columns = ['OBJECT', 'REASON', 'DETAIL'].map((title) => ({ title }));
  const rows = shown.map(({ detail, object, reason }) => [object, reason, detail]);
  const more = notable.length - shown.length;
  return [
    ...section(screen, 'Left out', columns, rows),
    ...(more > 0 ? [`  and ${whole(more)} more: --all shows them`] : []),
  ];
}

const byObject = (a: Skipped, b: Skipped): number => (a.object < b.object ? -1 : a.object > b.object ? 1 : 0);
