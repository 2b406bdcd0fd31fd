import { styleText } from 'node:util';
import type { Removal } from '../dataplane/remove.ts';
import type { Prefix } from '../model/address.ts';
import { effectOf } from '../model/condition.ts';
import type { Announcement, CheckStatus, Status } from '../model/status.ts';
import { formatEndpoint, virtualServerKey } from '../model/virtual-server.ts';
import { describeDrain } from './follow.ts';
import { tableLines } from './table.ts';

/** A status as text for people: what is announced and why on top, tables below. */
export function renderStatus(status: Status, colour: boolean): string {
  const paint: Paint = (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
  const sections = [
    headline(status, paint),
    section(
      'Conditions',
      ['CODE', 'EFFECT', 'DETAIL'],
      status.conditions.map((condition) => [condition.code, effectOf(condition), condition.detail]),
    ),
    section('History', ['UNTIL', 'ANNOUNCEMENT'], historyRows(status)),
    peerSection(status),
    section('Checks', ['CHECK', 'HEALTH', 'STREAK', 'LAST OUTCOME'], status.checks.map(checkRow)),
    othersSection(status),
    section('Virtual servers', ['VIRTUAL SERVER', 'SCHEDULER', 'REAL SERVERS'], inOrder(serverRows(status))),
    section(
      'Left out',
      ['OBJECT', 'REASON', 'DETAIL'],
      inOrder(status.skipped.map(({ detail, object, reason }) => [object, reason, detail])),
    ),
  ];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

/** What a cleanup did, as text for people: one line for each change, and what is left to do below. */
export function renderRemovals(removals: readonly Removal[]): string {
  const done = removals.flatMap(({ changes, part }) => changes.map((change) => [part, change]));
  const undone = removals.flatMap(({ part, problems }) => problems.map((problem) => [part, problem]));
  if (done.length + undone.length === 0) return 'nothing to remove\n';
  const sections = [section('Done', ['PART', 'CHANGE'], done), section('Failed', ['PART', 'PROBLEM'], undone)];
  return `${sections.filter((text) => text !== '').join('\n\n')}\n`;
}

type Paint = (style: 'green' | 'yellow' | 'red', text: string) => string;

const COLOUR = { deprioritised: 'yellow', withdrawn: 'red' } as const;

function headline(status: Status, paint: Paint): string {
  const { announcedAddresses, announcement, at, drain, node, ranges, source, version } = status;
  const beside = announcedAddresses > 0 ? [`single addresses: ${announcedAddresses}`] : [];
  const prefixes = [...(ranges.length > 0 ? ranges : ['no range']), ...beside].join(', ');
  const since = `for ${formatSeconds(at - announcement.since)}`;
  const state =
    announcement.state === 'announced'
      ? paint('green', `announced ${since}`)
      : paint(COLOUR[announcement.state], `${announcement.state} ${since}: ${why(announcement)}`);
  const synced = source.synced ? `${source.services} services, ${source.slices} slices` : 'not synced yet';
  const maintenance = drain ? `\ndrain by ${drain.by.join(', ')}: ${describeDrain(drain, at)}` : '';
  return `${node}  fairlead ${version}\n${prefixes}  ${state}${maintenance}\nsource ${source.kind}: ${synced}${origin(status)}`;
}

/** Where the ranges come from, where the configuration does not say it. */
function origin({ serviceCidrs }: Status): string {
  if (serviceCidrs === undefined) return '';
  const { objects, synced } = serviceCidrs;
  const named = Object.entries(objects).map(([name, prefixes]) => `${name} (${prefixes.join(', ')})`);
  return `\nranges of the ServiceCIDRs: ${synced ? named.toSorted().join(', ') : 'as last known, not read yet'}`;
}

/** The last few announcements, the present one left out. */
const historyRows = ({ announcement, at, history }: Status): string[][] =>
  history.slice(-SHOWN_HISTORY).map((one, index, shown) => {
    const until = (shown[index + 1] ?? announcement).since;
    return [`${formatSeconds(at - until)} ago`, describe(one)];
  });

const SHOWN_HISTORY = 5;

const describe = (one: Announcement): string => (one.state === 'announced' ? 'announced' : `${one.state}: ${why(one)}`);

const why = ({ detail, reason }: Exclude<Announcement, { state: 'announced' }>): string => `${reason} (${detail})`;

/** What was last found stays true until something else is; that it could not be looked at again stands beside it. */
const checkRow = ({ broken, detail, health, name, streak }: CheckStatus): string[] => [
  name,
  health,
  String(streak),
  broken === undefined ? detail : `${detail} (could not be run: ${broken})`,
];

/** What no peer has anything to say about is no column. */
function peerSection({ peers, ranges }: Status): string {
  const columns: readonly (readonly [title: string, cells: readonly (string | undefined)[]])[] = [
    ['PEER', peers.map(({ address }) => address)],
    ['AS', peers.map(({ as }) => String(as))],
    ['STATE', peers.map(({ state }) => state)],
    ['BFD', peers.map(({ bfd }) => bfd)],
    ['ANNOUNCED TO IT', peers.map(({ advertised }) => toldTo(advertised, ranges))],
    ['ACCEPTED FROM IT', peers.map(({ accepted }) => accepted && (accepted.join(', ') || 'nothing'))],
    ['LAST ERROR', peers.map(({ lastError }) => lastError)],
  ];
  const shown = columns.filter(([, cells]) => cells.some((cell) => cell !== undefined));
  const rows = peers.map((_, index) => shown.map(([, cells]) => cells[index] ?? '-'));
  return section(
    'Peers',
    shown.map(([title]) => title),
    rows,
  );
}

/** The ranges by name, and how many single addresses, of which there may be thousands. */
function toldTo(advertised: readonly Prefix[], ranges: readonly Prefix[]): string {
  const named = advertised.filter((prefix) => ranges.includes(prefix));
  const more = advertised.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ') || 'nothing';
}

/** Those that are heard of, and those that are away in the middle of a drain. Where none drains, it is no column. */
function othersSection({ at, census }: Status): string {
  const title = census.known || !census.last ? '' : ` (not known now, as of ${formatSeconds(at - census.last.at)} ago)`;
  const others = (census.known ? census.others : census.last?.others) ?? [];
  const turns = census.known ? census.turns : [];
  const away = turns.filter(({ node }) => !others.some((other) => other.node === node));
  const rows = [
    ...others.map(({ faults, node, state }) => [node, state, faults.join(', ') || 'none']),
    ...away.map(({ node }) => [node, 'not heard of', '-']),
  ];
  const stepOf = (name: string | undefined): string => turns.find(({ node }) => node === name)?.step ?? 'no';
  const shown = turns.length === 0 ? rows : rows.map((row) => [...row, stepOf(row[0])]);
  const head = ['NODE', 'ANNOUNCEMENT', 'FAULTS', ...(turns.length === 0 ? [] : ['DRAIN'])];
  return section(`Other nodes${title}`, head, inOrder(shown));
}

const serverRows = ({ canaries, virtualServers }: Status): string[][] =>
  virtualServers.map((server) => [
    `${virtualServerKey(server)}${canaries.includes(virtualServerKey(server)) ? ' (canary)' : ''}`,
    server.scheduler,
    server.realServers
      .map((real) => `${formatEndpoint(real)}${real.weight === 1 ? '' : ` (weight ${real.weight})`}`)
      .join(' '),
  ]);

/** By the first column: the agent keeps its tables in the order in which things came. */
const inOrder = (rows: readonly string[][]): string[][] =>
  rows.toSorted(([a = ''], [b = '']) => (a < b ? -1 : a > b ? 1 : 0));

/** A titled table; nothing at all without rows. */
function section(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  return [title, ...tableLines(head, rows).map((line) => `  ${line}`)].join('\n');
}

function formatSeconds(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 120) return `${seconds} s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`;
}
