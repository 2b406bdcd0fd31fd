import type { Status } from '../../model/status.ts';
import type { Traffic, VirtualServerLoad } from '../../model/traffic.ts';
import { type VirtualServer, type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import { paint, type Screen } from './screen.ts';
import { type Cell, type Column, section } from './table.ts';
import { bytes, countOf, hanging, whole } from './text.ts';

/** So many virtual servers are shown where not all are asked for. */
const SHOWN = 8;

interface Row {
  readonly key: VirtualServerKey;
  readonly server: VirtualServer;
  readonly load: VirtualServerLoad | undefined;
  readonly isCanary: boolean;
  /** What is wrong with it; undefined where nothing is. */
  readonly fault: Fault | undefined;
}

/** The virtual servers: what is wrong first, then the busiest. */
export function serverSection(screen: Screen, status: Status, traffic: Traffic): string[] {
  const rows = status.virtualServers.map((server) => rowOf(server, status, traffic));
  const listed = rows.filter(({ isCanary, fault }) => screen.all || !isCanary || fault !== undefined).toSorted(inOrder);
  const shown = screen.all ? listed : listed.slice(0, SHOWN);
  const more = listed.length - shown.length;
  const columns = columnsFor(traffic);
  const cells = shown.map((row) => columns.map(({ cell }) => cell(row)));
  const [title = '', ...table] = section(screen, 'Virtual servers', columns, cells);
  if (rows.length === 0) return [];
  return [
    title,
    ...hanging('  ', summary(rows, traffic), screen.width),
    ...FAULTS.flatMap((fault) => faultLines(screen, rows, fault)),
    ...table,
    ...(more > 0 ? [`  and ${whole(more)} more that are less busy: --all shows them`] : []),
  ];
}

const FAULTS = ['not in the kernel', 'all draining, so that nothing new is taken'] as const;
type Fault = (typeof FAULTS)[number];

/** By name, as far as they are few. */
function faultLines(screen: Screen, rows: readonly Row[], fault: Fault): string[] {
  const keys = rows.filter((row) => row.fault === fault).map(({ key }) => key);
  if (keys.length === 0) return [];
  const more = keys.length > SHOWN ? [`and ${whole(keys.length - SHOWN)} more`] : [];
  const text = `${whole(keys.length)} ${fault}: ${[...keys.toSorted().slice(0, SHOWN), ...more].join(' ')}`;
  return hanging('  ', text, screen.width, '    ').map((line) => paint(screen, 'yellow', line));
}

function rowOf(server: VirtualServer, { canaries }: Status, traffic: Traffic): Row {
  const key = virtualServerKey(server);
  const load = traffic.known ? traffic.virtualServers[key] : undefined;
  const open = server.realServers.some(({ weight }) => weight > 0);
  const unheld = traffic.known && load === undefined && open;
  const fault = unheld ? FAULTS[0] : open ? undefined : FAULTS[1];
  return { key, server, load, isCanary: canaries.includes(key), fault };
}

const inOrder = (a: Row, b: Row): number =>
  Number(b.fault !== undefined) - Number(a.fault !== undefined) ||
  busyness(b) - busyness(a) ||
  (a.key < b.key ? -1 : a.key > b.key ? 1 : 0);

/** New connections first, then bytes in either direction, then those that are open. */
function busyness({ load }: Row): number {
  if (load === undefined) return 0;
  const { bytesIn, bytesOut, connections } = load.perSecond;
  return connections * 1e6 + bytesIn + bytesOut + load.active + load.inactive / 1000;
}

function summary(rows: readonly Row[], traffic: Traffic): string {
  const served = countOf(rows.filter(({ isCanary }) => !isCanary).length, 'of the cluster', 'of the cluster');
  if (!traffic.known) return `${served}; no traffic is known: ${traffic.why}`;
  const { active, perSecond } = traffic.total;
  const flow = `in ${bytes(perSecond.bytesIn)}/s, out ${bytes(perSecond.bytesOut)}/s`;
  return `${served}, ${countOf(active, 'active connection')}, ${whole(perSecond.connections)} new/s, ${flow}`;
}

interface ServerColumn extends Column {
  readonly cell: (row: Row) => Cell;
}

const of =
  (read: (load: VirtualServerLoad) => string) =>
  ({ load }: Row): string =>
    load ? read(load) : '-';

/** Where nothing is known of traffic, there is no column for it. */
function columnsFor(traffic: Traffic): ServerColumn[] {
  const name: ServerColumn = {
    title: 'VIRTUAL SERVER',
    cell: ({ isCanary, key }) => `${key}${isCanary ? ' (canary)' : ''}`,
  };
  const real: ServerColumn = { title: 'REAL', right: true, cell: ({ server }) => realServers(server) };
  const flow: ServerColumn[] = [
    { title: 'ACTIVE', right: true, cell: of(({ active }) => whole(active)) },
    { title: 'OTHER', right: true, cell: of(({ inactive }) => whole(inactive)) },
    { title: 'NEW/S', right: true, cell: of(({ perSecond }) => whole(perSecond.connections)) },
    { title: 'IN/S', right: true, cell: of(({ perSecond }) => bytes(perSecond.bytesIn)) },
    { title: 'OUT/S', right: true, cell: of(({ perSecond }) => bytes(perSecond.bytesOut)) },
  ];
  return [name, real, ...(traffic.known ? flow : [])];
}

function realServers({ realServers: all }: VirtualServer): string {
  const draining = all.filter(({ weight }) => weight === 0).length;
  return draining === 0 ? String(all.length) : `${all.length - draining}+${draining} draining`;
}
