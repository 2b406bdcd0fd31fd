import type { Status } from '../../model/status.ts';
import type { Traffic } from '../../model/traffic.ts';
import { STATE_STYLE } from './headline.ts';
import { paint, type Screen } from './screen.ts';
import { type Cell, section } from './table.ts';
import { duration, hanging, whole } from './text.ts';

/** What is known of one lb node: what its agent says, or why it says nothing. */
export interface NodeView {
  readonly node: string;
  readonly status?: Status;
  readonly traffic?: Traffic | undefined;
  readonly problem?: string;
}

const COLUMNS = ['NODE', 'ANNOUNCEMENT', 'FOR', 'PEERS', 'CONDITIONS', 'VERSION'].map((title) => ({ title }));

/** All lb nodes as text for people: a row for each, and below what is not the same on all of them. */
export function renderNodes(screen: Screen, nodes: readonly NodeView[]): string {
  const sections = [section(screen, 'Nodes', COLUMNS, nodes.map(rowOf)), differences(screen, nodes)];
  const shown = sections.filter((lines) => lines.length > 0).map((lines) => lines.join('\n'));
  return `${shown.join('\n\n')}\n`;
}

function rowOf({ node, problem, status }: NodeView): Cell[] {
  if (status === undefined) return [node, [`no answer: ${problem ?? ''}`, 'red'], '-', '-', '-', '-'];
  const { announcement, at, conditions, peers, version } = status;
  const why = announcement.state === 'announced' ? '' : `: ${announcement.reason}`;
  const up = peers.filter(({ state }) => state === 'established').length;
  return [
    node,
    [`${announcement.state}${why}`, STATE_STYLE[announcement.state]],
    duration(at - announcement.since),
    [`${up} of ${peers.length}`, up === peers.length ? undefined : 'red'],
    [...new Set(conditions.map(({ code }) => code))].join(', ') || 'none',
    version,
  ];
}

/** What should be the same on each node, as text. */
const SAME: readonly (readonly [what: string, of: (status: Status) => string])[] = [
  ['ranges', ({ ranges }) => ranges.toSorted().join(', ') || 'none'],
  ['versions', ({ version }) => version],
  ['gobgpd APIs', ({ gobgpdApi }) => gobgpdApi ?? 'none'],
  ['Services', ({ source }) => (source.synced ? whole(source.services) : 'not read')],
  ['virtual servers', ({ canaries, virtualServers }) => whole(virtualServers.length - canaries.length)],
];

function differences(screen: Screen, nodes: readonly NodeView[]): string[] {
  const lines = SAME.flatMap(([what, of]) => {
    const said = nodes.flatMap(({ node, status }) => (status ? [{ node, text: of(status) }] : []));
    const byText = Map.groupBy(said, ({ text }) => text);
    if (byText.size < 2) return [];
    const groups = [...byText].map(([text, same]) => `${text} (${same.map(({ node }) => node).join(', ')})`);
    return hanging('  ', `${what}: ${groups.join('; ')}`, screen.width, '    ');
  });
  return lines.length === 0 ? [] : [paint(screen, 'bold', 'Not the same on all nodes'), ...lines];
}
