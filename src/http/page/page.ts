import type { Status } from '../../model/status.ts';
import { announcementSection, conditionsSection } from './announcement.ts';
import { Html, html } from './html.ts';
import { SCRIPT } from './script.ts';
import { serversSection, type Shown } from './servers.ts';
import { STYLE } from './style.ts';
import {
  checksSection,
  countersSection,
  leftOutSection,
  othersSection,
  peersSection,
  sourceSection,
} from './tables.ts';
import { timelineSection } from './timeline.ts';
import { topologySection } from './topology.ts';
import { announcementTone, SIGN } from './states.ts';

/** What somebody looks at. */
export interface View {
  /** What the virtual servers shown have to contain; empty for all. */
  readonly filter: string;
}

/** What there is to be shown. */
export interface Seen {
  readonly status: Status;
  readonly shown: Shown;
}

/** The parts of the page that change, by the id of the element that each fills. */
export type Sections = Readonly<Record<string, Html>>;

/** What a filter may be: an address or a name, and nothing that costs. */
const LONGEST_FILTER = 100;

/** @param query what stands behind the question mark of the page's address */
export const viewOf = (query: URLSearchParams): View => ({
  filter: (query.get('filter') ?? '').trim().slice(0, LONGEST_FILTER),
});

/** The same status, but for its time, gives the same sections, so that what has changed can be told by comparing them. */
export function sectionsOf({ status, shown }: Seen): Sections {
  return {
    announcement: announcementSection(status),
    conditions: conditionsSection(status),
    topology: topologySection(status, shown.traffic),
    timeline: timelineSection(status),
    peers: peersSection(status),
    others: othersSection(status),
    checks: checksSection(status),
    servers: serversSection(status, shown),
    counters: countersSection(status),
    source: sourceSection(status),
    'left-out': leftOutSection(status),
  };
}

/** The markup of those of `now` that are not as they were. */
export const changedSections = (before: Sections, now: Sections): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(now)
      .filter(([id, { markup }]) => before[id]?.markup !== markup)
      .map(([id, { markup }]) => [id, markup]),
  );

/** The whole page: complete without its script, which only keeps it up to date. */
export function renderPage(seen: Seen, view: View): string {
  const sections = sectionsOf(seen);
  const { status } = seen;
  const { announcement, at, node } = status;
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>${SIGN[announcementTone(status)]} ${node} ${announcement.state}</title>
        <link rel="icon" href="data:," />
        <noscript><meta http-equiv="refresh" content="5" /></noscript>
        ${STYLE_ELEMENT}
      </head>
      <body data-at="${at}">
        <header>
          <h1>${node} <span class="quiet">fairlead</span></h1>
          <p id="connection" role="status">as of ${new Date(at).toISOString().slice(11, 19)} UTC</p>
          <p id="said" class="unseen" role="status"></p>
        </header>
        <main>
          ${COLUMNS.map((parts) => html`<div class="column">${parts.map(([id, title]) => part(id, title, sections[id], view))}</div>`)}
        </main>
        ${SCRIPT_ELEMENT}
      </body>
    </html> `.markup;
}

/** Their hashes are in the Content-Security-Policy, so that not even a space may come in between. */
const STYLE_ELEMENT = Html.constant(`<style>${STYLE}</style>`);
const SCRIPT_ELEMENT = Html.constant(`<script>${SCRIPT}</script>`);

/** Beside each other where there is room; what is the most urgent comes first. */
const COLUMNS = [
  [['announcement', 'Announcement']],
  [
    ['conditions', 'Conditions'],
    ['checks', 'Checks'],
    ['others', 'Other nodes'],
    ['source', 'Source'],
  ],
  [
    ['topology', 'Topology'],
    ['timeline', 'Time line'],
    ['peers', 'Peers'],
  ],
  [
    ['servers', 'Virtual servers'],
    ['counters', 'Counters'],
    ['left-out', 'Left out'],
  ],
] as const;

const part = (id: string, title: string, inside: Html | undefined, { filter }: View): Html =>
  html`<section class="part-${id}" aria-labelledby="title-${id}">
    <h2 id="title-${id}">${title}</h2>
    ${id === 'servers' ? filterForm(filter) : ''}
    <div id="${id}">${inside}</div>
  </section>`;

/** It stays when its section is drawn anew. Without the script it is sent as a form. */
const filterForm = (filter: string): Html =>
  html`<form id="search" role="search" method="get" action="/">
    <label for="filter">Filter</label>
    <input
      id="filter"
      name="filter"
      type="search"
      value="${filter}"
      maxlength="${LONGEST_FILTER}"
      autocomplete="off"
      spellcheck="false"
      placeholder="address or port"
    />
  </form>`;
