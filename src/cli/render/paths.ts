import type { Prefix } from '../../model/address.ts';
import type { PeerStatus } from '../../model/path.ts';
import { isAnnounced, type Status } from '../../model/status.ts';
import { STATE_STYLE } from './headline.ts';
import type { Screen } from './screen.ts';
import { type Cell, section } from './table.ts';
import { hanging, whole } from './text.ts';

/** What becomes of each range, and which peers have been told of it. */
export function rangeSection(screen: Screen, status: Status): string[] {
  const { announcedAddresses, ranges } = status;
  if (ranges.length === 0) return ['no range is served'];
  const rows = ranges.map((range): Cell[] => [range, stateOf(status, range), toldOf(status.peers, range)]);
  const single: Cell[][] =
    announcedAddresses === 0 ? [] : [[`${whole(announcedAddresses)} single addresses`, '', 'see the peers']];
  return section(
    screen,
    `Ranges${ageOf(status)}`,
    [{ title: 'RANGE' }, { title: 'ANNOUNCEMENT' }, { title: 'PEERS TOLD' }],
    [...rows, ...single],
  );
}

/** Of a gobgpd that does not answer only the past is known. */
const ageOf = ({ conditions }: Status): string =>
  conditions.some(({ code }) => code === 'gobgpd-unreachable') ? ' (as last known of gobgpd)' : '';

function stateOf(status: Status, range: Prefix): Cell {
  const { state } = status.announcement;
  if (state !== 'withdrawn' && !isAnnounced(status, range)) return ['next-hop-missing', 'yellow'];
  return [state, STATE_STYLE[state]];
}

/** `2 of 2`, or with their names `1 of 2: 10.22.108.1`. */
function toldOf(peers: readonly PeerStatus[], range: Prefix): string {
  const told = peers.filter(({ advertised }) => advertised.includes(range)).map(({ address }) => address);
  const names = told.length === peers.length || told.length === 0 ? '' : `: ${told.join(', ')}`;
  return `${told.length} of ${peers.length}${names}`;
}

/** What no peer has anything to say about is no column. */
export function peerSection(screen: Screen, status: Status): string[] {
  const { peers, ranges } = status;
  const columns: readonly (readonly [title: string, cells: readonly (Cell | undefined)[]])[] = [
    ['PEER', peers.map(({ address }) => address)],
    ['AS', peers.map(({ as }) => String(as))],
    ['STATE', peers.map(({ state }): Cell => [state, state === 'established' ? 'green' : 'red'])],
    ['BFD', peers.map(({ bfd }) => bfd)],
    ['ANNOUNCED TO IT', peers.map(({ advertised }) => toldTo(advertised, ranges))],
    ['ACCEPTED FROM IT', peers.map(({ accepted }) => accepted && (accepted.join(', ') || 'nothing'))],
  ];
  const shown = columns.filter(([, cells]) => cells.some((cell) => cell !== undefined));
  const rows = peers.map((_, index) => shown.map(([, cells]) => cells[index] ?? '-'));
  const titles = shown.map(([title]) => ({ title }));
  const errors = peers.flatMap(({ address, lastError }) =>
    lastError === undefined ? [] : hanging('  ', `last error of ${address}: ${lastError}`, screen.width, '    '),
  );
  return [...section(screen, `Peers${ageOf(status)}`, titles, rows), ...errors];
}

/** How many ranges, and how many single addresses, of which there may be thousands. */
function toldTo(advertised: readonly Prefix[], ranges: readonly Prefix[]): string {
  const named = advertised.filter((prefix) => ranges.includes(prefix)).length;
  const single = advertised.length - named;
  const all = `${named === ranges.length ? 'all' : `${named} of`} ${ranges.length} ranges`;
  const some = ranges.length === 1 ? 'the range' : all;
  return [...(named > 0 ? [some] : []), ...(single > 0 ? [`${whole(single)} single`] : [])].join(', ') || 'nothing';
}
