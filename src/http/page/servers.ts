import type { Status } from '../../model/status.ts';
import { type Load, NO_LOAD, type Traffic } from '../../model/traffic.ts';
import {
  formatEndpoint,
  type RealServer,
  realServerKey,
  type VirtualServer,
  type VirtualServerKey,
  virtualServerKey,
} from '../../model/virtual-server.ts';
import { type Content, type Html, html } from './html.ts';
import { firstOf, table } from './table.ts';
import { bitRate, count, counted, duration, scaled } from './words.ts';

/** So many are shown: a cluster may have thousands, and who looks for one of them names it. */
const MOST_SERVERS = 50;
const MOST_REAL_SERVERS = 50;

/** The virtual servers that somebody looks at. */
export interface Shown {
  readonly servers: readonly VirtualServer[];
  /** How many there are, with those that are not shown. */
  readonly found: number;
  /** What passes through all of them, and through those that are shown and their real servers. */
  readonly traffic: Traffic;
  readonly detail: Traffic;
}

/**
 * Those whose key, or a real server of which, contains a text; the busiest first, by connections, and then by those that
 * are opened. Where what passes is not known, they stand in the order of the status.
 *
 * @param filter empty for all
 */
export function busiest(status: Status, traffic: Traffic, filter: string): Pick<Shown, 'servers' | 'found'> {
  const all = status.virtualServers;
  const found = filter === '' ? all : all.filter((server) => matches(server, filter.toLowerCase()));
  if (!traffic.known) return { servers: found.slice(0, MOST_SERVERS), found: found.length };
  const ranked = found.map((server) => ({ server, load: loadOf(traffic, virtualServerKey(server)) }));
  const servers = ranked
    .toSorted((a, b) => b.load.active - a.load.active || b.load.perSecond.connections - a.load.perSecond.connections)
    .slice(0, MOST_SERVERS)
    .map(({ server }) => server);
  return { servers, found: found.length };
}

const matches = (server: VirtualServer, filter: string): boolean =>
  virtualServerKey(server).includes(filter) || server.realServers.some((real) => formatEndpoint(real).includes(filter));

const loadOf = (traffic: Traffic, key: VirtualServerKey): Load =>
  (traffic.known ? traffic.virtualServers[key] : undefined) ?? NO_LOAD;

/** The virtual servers, with what passes through each. */
export function serversSection({ canaries, virtualServers }: Status, { found, servers, ...seen }: Shown): Html {
  const { traffic } = seen;
  const rows = servers.map((server) => {
    const key = virtualServerKey(server);
    const name = html`<code>${key}</code>${canaries.includes(key) ? ' (canary)' : ''}`;
    return [name, ...loadCells(traffic, key), scheduling(server), realServers(server, seen)];
  });
  const of = found === virtualServers.length ? '' : ` of ${count(virtualServers.length)}`;
  const shown =
    found > servers.length ? `; ${traffic.known ? 'the busiest' : 'the first'} ${servers.length} of them` : '';
  const head = ['Virtual server', ...(traffic.known ? LOAD : []), 'Scheduler', 'Real servers'];
  return html`<p class="quiet">${counted(found, 'virtual server')}${of}${shown}. ${passing(traffic)}</p>
    ${rows.length === 0 ? '' : table('Virtual servers', head, rows)}
    ${
      found > servers.length
        ? html`<p class="more">${count(found - servers.length)} more: name what you look for in the filter</p>`
        : ''
    }`;
}

const LOAD = ['Connections', 'New a second', 'In', 'Out'];

function loadCells(traffic: Traffic, key: VirtualServerKey): Content[] {
  if (!traffic.known) return [];
  const { active, perSecond } = loadOf(traffic, key);
  return [count(active), scaled(perSecond.connections), bitRate(perSecond.bytesIn), bitRate(perSecond.bytesOut)];
}

function passing(traffic: Traffic): string {
  if (!traffic.known) return `What passes through them is not known: ${traffic.why}`;
  const { active, perSecond } = traffic.total;
  const { bytesIn, bytesOut, connections } = perSecond;
  return `Together ${counted(active, 'connection')}, ${scaled(connections)} new a second, ${bitRate(bytesIn)} in, ${bitRate(bytesOut)} out.`;
}

const scheduling = ({ persistenceSeconds, scheduler, schedulerFlags }: VirtualServer): string =>
  [
    scheduler,
    ...schedulerFlags,
    ...(persistenceSeconds > 0 ? [`persistent ${duration(persistenceSeconds * 1000)}`] : []),
  ].join(', ');

function realServers(server: VirtualServer, { detail }: Pick<Shown, 'detail'>): Content {
  const { realServers: all } = server;
  if (all.length === 0) return 'none';
  const key = virtualServerKey(server);
  const { more, shown } = firstOf(all, MOST_REAL_SERVERS);
  const draining = all.filter(({ weight }) => weight === 0).length;
  const active = activeOf(detail, key);
  return html`<details id="of-${key}">
    <summary id="more-${key}">${count(all.length)}${draining > 0 ? `, ${draining} of them draining` : ''}</summary>
    <ul>
      ${shown.map((real) => realServer(real, active.get(realServerKey(real))))}
      ${more > 0 ? html`<li>and ${count(more)} more</li>` : ''}
    </ul>
  </details>`;
}

/** Connections by real server, as far as they are known. */
function activeOf(detail: Traffic, key: VirtualServerKey): ReadonlyMap<string, number> {
  const loads = detail.known ? (detail.virtualServers[key]?.realServers ?? []) : [];
  return new Map(loads.map((load) => [realServerKey(load), load.active]));
}

const realServer = (real: RealServer, active: number | undefined): Html =>
  html`<li>
    <code>${formatEndpoint(real)}</code> ${[
      ...(real.weight === 1 ? [] : [`weight ${real.weight}`]),
      ...(active === undefined ? [] : [counted(active, 'connection')]),
    ].join(', ')}
  </li>`;
