import type { Status } from '../../model/status.ts';
import { formatEndpoint, type RealServer, type VirtualServer, virtualServerKey } from '../../model/virtual-server.ts';
import { type Html, html } from './html.ts';
import { firstOf, table } from './table.ts';
import { count, counted } from './words.ts';

/** So many are shown: a cluster may have thousands, and who looks for one of them names it. */
const MOST_SERVERS = 50;
const MOST_REAL_SERVERS = 8;

/**
 * The virtual servers.
 *
 * @param filter what the key or a real server has to contain; empty for all
 */
export function serversSection(status: Status, filter: string): Html {
  const { canaries, virtualServers } = status;
  const found =
    filter === '' ? virtualServers : virtualServers.filter((server) => matches(server, filter.toLowerCase()));
  const { more, shown } = firstOf(found, MOST_SERVERS);
  const rows = shown.map((server) => {
    const key = virtualServerKey(server);
    return [
      html`<code>${key}</code>${canaries.includes(key) ? ' (canary)' : ''}`,
      scheduling(server),
      realServers(server),
    ];
  });
  const of = filter === '' ? '' : ` of ${count(virtualServers.length)}`;
  return html`<p class="quiet">
      ${counted(found.length, 'virtual server')}${of}${more > 0 ? `, ${count(shown.length)} of them shown` : ''}
    </p>
    ${rows.length === 0 ? '' : table('Virtual servers', ['Virtual server', 'Scheduler', 'Real servers'], rows)}
    ${more > 0 ? html`<p class="more">${count(more)} more: name what you look for in the filter</p>` : ''}`;
}

const matches = (server: VirtualServer, filter: string): boolean =>
  virtualServerKey(server).includes(filter) || server.realServers.some((real) => formatEndpoint(real).includes(filter));

const scheduling = ({ persistenceSeconds, scheduler, schedulerFlags }: VirtualServer): string =>
  [scheduler, ...schedulerFlags, ...(persistenceSeconds > 0 ? [`persistent ${persistenceSeconds} s`] : [])].join(', ');

function realServers({ realServers: all }: VirtualServer): Html {
  if (all.length === 0) return html`none`;
  const { more, shown } = firstOf(all, MOST_REAL_SERVERS);
  return html`<ul class="reals">
    ${shown.map(realServer)}${more > 0 ? html`<li>and ${count(more)} more</li>` : ''}
  </ul>`;
}

const realServer = (real: RealServer): Html =>
  html`<li>
    <code>${formatEndpoint(real)}</code
    >${real.weight === 1 ? '' : ` weight ${real.weight}`}${real.weight === 0 ? ', drains' : ''}
  </li>`;
