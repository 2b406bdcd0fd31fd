import type { Prefix } from '../../model/address.ts';
import type { PeerStatus } from '../../model/path.ts';
import type { AnnouncementState, CheckStatus, Counts, Status } from '../../model/status.ts';
import { type Html, html } from './html.ts';
import { badge, bfdWords, meaningOf, peerTone, type Tone } from './states.ts';
import { firstOf, table } from './table.ts';
import { count, counted, moment } from './words.ts';

const MOST_ROWS = 30;

/** The sessions with the switches, and what goes over them. */
export function peersSection({ gobgpdApi, peers, ranges }: Status): Html {
  if (peers.length === 0) return html`<p>No peer is known.</p>`;
  const { more, shown } = firstOf(peers, MOST_ROWS);
  const rows = shown.map((peer) => [
    html`<code>${peer.address}</code> <span class="quiet nowrap">AS ${peer.as}</span>`,
    html`${badge(peerTone(peer), peer.state)} ${bfdBadge(peer)}`,
    toldTo(peer.advertised, ranges),
    html`${letIn(peer)}${peer.lastError === undefined ? '' : html`<p class="quiet">last error: ${peer.lastError}</p>`}`,
  ]);
  return html`${table('Peers', ['Peer', 'Session', 'Announced to it', 'Heard of it'], rows)}${moreRows(more)}
    <p class="quiet">${gobgpdApi === undefined ? 'gobgpd has not answered yet' : `gobgpd speaks API ${gobgpdApi}`}</p>`;
}

function bfdBadge(peer: PeerStatus): Html | undefined {
  const words = bfdWords(peer);
  return words === undefined ? undefined : badge(peer.bfd === 'up' ? 'good' : 'doubtful', words);
}

/** The ranges by name, and how many single addresses, of which there may be thousands. */
function toldTo(advertised: readonly Prefix[], ranges: readonly Prefix[]): string {
  const named = advertised.filter((prefix) => ranges.includes(prefix));
  const more = advertised.length - named.length;
  return [...named, ...(more > 0 ? [counted(more, 'more prefix', 'more prefixes')] : [])].join(', ') || 'nothing';
}

function letIn({ accepted }: PeerStatus): string {
  if (accepted === undefined) return '';
  const { more, shown } = firstOf(accepted, 8);
  return `accepted: ${shown.join(', ') || 'nothing'}${more > 0 ? ` and ${count(more)} more` : ''}`;
}

const moreRows = (more: number): Html | undefined =>
  more > 0 ? html`<p class="more">and ${count(more)} more</p>` : undefined;

const HEALTH_TONE: Readonly<Record<CheckStatus['health'], Tone>> = {
  healthy: 'good',
  undecided: 'neutral',
  unhealthy: 'bad',
};

/** What changes with each run, such as the time it took, is left to the metrics: it would be sent every second. */
export function checksSection({ checks, counts }: Status): Html {
  if (checks.length === 0) return html`<p>No check has been run yet.</p>`;
  const { more, shown } = firstOf(checks, MOST_ROWS);
  const rows = shown.map(({ broken, detail, health, name }) => [
    html`<code>${name}</code>`,
    badge(HEALTH_TONE[health], health),
    html`${detail}${broken === undefined ? '' : html`<p class="quiet">could not be run: ${broken}</p>`}${failedRuns(counts.checks[name])}`,
  ]);
  return html`${table('Checks', ['Check', 'Health', 'Last outcome'], rows)}${moreRows(more)}`;
}

function failedRuns(runs: Counts['checks'][string] | undefined): Html | undefined {
  if (runs === undefined || runs.bad + runs.broken === 0) return undefined;
  const not = runs.broken > 0 ? `, ${counted(runs.broken, 'time')} it could not be run` : '';
  return html`<p class="quiet">so far ${counted(runs.bad, 'run')} failed${not}</p>`;
}

/** What happened since the start of the agent. */
export function countersSection({ announcedAddresses, counts, flaps, startedAt, virtualServers }: Status): Html {
  const groups = [
    { title: 'Withdrawals', by: leading(counts, 'withdrawn') },
    { title: 'Deprioritisations', by: leading(counts, 'deprioritised') },
    { title: 'Sessions lost', by: counts.sessionsLost },
    { title: 'Drift found', by: counts.drift },
    { title: 'Kernel changes', by: counts.kernelChanges },
    { title: 'Kernel errors', by: counts.kernelErrors },
  ];
  const realServers = virtualServers.reduce((sum, server) => sum + server.realServers.length, 0);
  return html`<div class="counters">${groups.map(counter)}</div>
    <dl class="facts">
      <dt>Virtual servers</dt>
      <dd>${count(virtualServers.length)}, the canaries included</dd>
      <dt>Real servers</dt>
      <dd>${count(realServers)}</dd>
      <dt>Single addresses</dt>
      <dd>${count(announcedAddresses)}</dd>
      <dt>Flaps of late</dt>
      <dd>${count(flaps)}</dd>
      <dt>Counted since</dt>
      <dd>${moment(startedAt)}</dd>
    </dl>`;
}

/** By reason: how often the announcement came to a state. */
function leading({ transitions }: Counts, state: AnnouncementState): Record<string, number> {
  const into = transitions.filter(({ from, to }) => to === state && from !== state);
  const groups = Object.entries(Object.groupBy(into, ({ reason = 'none' }) => reason));
  return Object.fromEntries(groups.map(([reason, all = []]) => [reason, all.reduce((sum, one) => sum + one.count, 0)]));
}

function counter({ by, title }: { readonly title: string; readonly by: Readonly<Record<string, number>> }): Html {
  const entries = Object.entries(by)
    .filter(([, value]) => value > 0)
    .toSorted(([, a], [, b]) => b - a);
  const { more, shown } = firstOf(entries, 6);
  const sum = entries.reduce((total, [, value]) => total + value, 0);
  const named = shown.map(([name, value]) => html`<li><code>${name}</code> <b>${count(value)}</b></li>`);
  return html`<div class="counter">
    <h3>${title}</h3>
    <p class="sum">${count(sum)}</p>
    ${
      named.length === 0
        ? ''
        : html`<ul>
            ${named}
          </ul>`
    }${moreRows(more)}
  </div>`;
}

/** Whether an agent that hears nothing of its source is worth a look: most say something at least once a minute. */
const RECENT_MS = 120_000;

/** Where what is served comes from, and how old that is. */
export function sourceSection({ at, serviceCidrs, source, startedAt, version }: Status): Html {
  const { kind, lastContactAt, problem, server, services, slices, synced } = source;
  const heard = lastContactAt !== undefined && at - lastContactAt < RECENT_MS;
  const age = lastContactAt === undefined ? 'never yet' : heard ? 'within the last two minutes' : moment(lastContactAt);
  return html`<dl class="facts">
    <dt>Source</dt>
    <dd>${kind}${server === undefined ? '' : html` at <code>${server}</code>`}</dd>
    <dt>State</dt>
    <dd>${sourceBadge(synced, problem)}${problem === undefined ? '' : html` <span class="quiet">${problem}</span>`}</dd>
    <dt>Last heard of</dt>
    <dd>${age}</dd>
    <dt>Objects</dt>
    <dd>${counted(services, 'Service')}, ${counted(slices, 'EndpointSlice')}</dd>
    ${
      serviceCidrs === undefined
        ? ''
        : html`<dt>Ranges from</dt>
            <dd>${cidrsOf(serviceCidrs)}</dd>`
    }
    <dt>Agent</dt>
    <dd>fairlead ${version}, up since ${moment(startedAt)}</dd>
  </dl>`;
}

function sourceBadge(synced: boolean, problem: string | undefined): Html {
  if (problem !== undefined)
    return badge('doubtful', synced ? 'cannot be read, serving what was known' : 'cannot be read');
  return synced ? badge('good', 'read completely') : badge('neutral', 'not read completely yet');
}

function cidrsOf({ objects, problem, synced }: NonNullable<Status['serviceCidrs']>): string {
  const named = Object.entries(objects).map(([name, prefixes]) => `ServiceCIDR ${name} (${prefixes.join(', ')})`);
  const known = synced ? named.toSorted().join(', ') || 'no ServiceCIDR' : 'ServiceCIDRs, as last known';
  return problem === undefined ? known : `${known}; they cannot be read: ${problem}`;
}

/** What is not served, and why. */
export function leftOutSection({ skipped }: Status): Html {
  if (skipped.length === 0) return html`<p class="calm">${badge('good', 'none')} Every Service is served.</p>`;
  const { more, shown } = firstOf(skipped, MOST_ROWS);
  const rows = shown.map(({ detail, object, reason }) => [object, html`<code>${reason}</code>`, detail]);
  return html`${table('Left out', ['Object', 'Reason', 'Detail'], rows)}${moreRows(more)}`;
}

/** The other lb nodes, as they say themselves. */
export function othersSection({ census }: Status): Html {
  const others = census.known ? census.others : (census.last?.others ?? []);
  const turns = census.known ? census.turns : [];
  const away = turns.filter(({ node }) => !others.some((other) => other.node === node));
  const rows = [
    ...others.map(({ faults, node, state }) => [
      html`<code>${node}</code>`,
      badge(state === 'announced' ? 'good' : state === 'withdrawn' ? 'bad' : 'doubtful', state),
      faults.map((code) => html`<code title="${meaningOf(code)}">${code}</code> `),
      turns.find((turn) => turn.node === node)?.step,
    ]),
    ...away.map(({ node, step }) => [html`<code>${node}</code>`, badge('neutral', 'not heard of'), '', step]),
  ];
  const { more, shown } = firstOf(rows, MOST_ROWS);
  const found = rows.length === 0 ? html`<p>No other node is known.</p>` : table('Other nodes', HEAD, shown);
  return html`${census.known ? '' : unknown(census)}${found}${moreRows(more)}`;
}

const HEAD = ['Node', 'Announcement', 'Faults', 'Drain'];

const unknown = ({ last, why }: Extract<Status['census'], { known: false }>): Html =>
  html`<p>
    ${badge('neutral', 'not known now')} ${why}${last === undefined ? '' : html`; as of ${moment(last.at)}:`}
  </p>`;
