import type { Announcement, Status } from '../../model/status.ts';
import { type Html, html } from './html.ts';
import { badge, meaningOf, reasonOf, STATE_TONE } from './states.ts';
import { count, duration, moment } from './words.ts';

/** One state of the announcement, from its beginning to its end; the present one has none yet. */
interface Span {
  readonly announcement: Announcement;
  readonly until: number | undefined;
}

/** What the strip may show of the past. */
const WINDOWS = [
  { title: '10 min', ms: 600_000 },
  { title: '1 h', ms: 3_600_000 },
  { title: '6 h', ms: 21_600_000 },
  { title: '24 h', ms: 86_400_000 },
  { title: '7 d', ms: 604_800_000 },
] as const;
/** The strip moves by so many steps on its way: it is drawn anew no more often than that shows. */
const STEPS = 100;
const WIDTH = 1000;
/** What is shorter can still be seen. */
const NARROWEST = 4;
const MOST_LISTED = 12;

/** How the announcement changed, and why: a strip to look at, and a list to read. */
export function timelineSection(status: Status): Html {
  const spans = spansOf(status);
  const listed = spans.toReversed().slice(0, MOST_LISTED);
  const earlier = spans.length - listed.length;
  return html`${strip(spans, status.at)}
    <ol class="timeline" reversed>
      ${listed.map(spanItem)}
    </ol>
    ${earlier > 0 ? html`<p class="more">and ${count(earlier)} before these</p>` : ''}`;
}

function spansOf({ announcement, history }: Status): Span[] {
  const all = [...history, announcement];
  return all.map((one, index) => ({ announcement: one, until: all[index + 1]?.since }));
}

function strip(spans: readonly Span[], at: number): Html {
  const first = spans[0]?.announcement.since ?? at;
  const window = WINDOWS.find(({ ms }) => ms >= at - first) ?? WINDOWS[4];
  const step = window.ms / STEPS;
  const end = Math.ceil(at / step) * step;
  const x = (time: number): number => Math.max(0, Math.round(((time - end + window.ms) / window.ms) * WIDTH));
  const bars = spans.filter(({ until }) => until === undefined || x(until) > 0);
  return html`<svg class="strip" viewBox="0 0 ${WIDTH} 36" preserveAspectRatio="none" aria-hidden="true">
      <rect class="before" width="${WIDTH}" height="36" />
      ${bars.map(({ announcement: { since, state }, until }) => {
        const from = Math.min(x(since), WIDTH - NARROWEST);
        const width = Math.max(NARROWEST, (until === undefined ? WIDTH : x(until)) - from);
        return html`<rect
          class="${STATE_TONE[state]}"
          x="${from}"
          y="${TOP[state]}"
          width="${width}"
          height="${36 - TOP[state]}"
        />`;
      })}
    </svg>
    <p class="scale" aria-hidden="true"><span>${window.title} ago</span><span>now</span></p>`;
}

/** The better, the higher: it can be read without colours. */
const TOP = { announced: 0, deprioritised: 12, withdrawn: 26 } as const;

function spanItem({ announcement, until }: Span): Html {
  const { since, state } = announcement;
  const reason = reasonOf(announcement);
  const lasted =
    until === undefined ? html`since ${moment(since)}` : html`${moment(since)}, for ${duration(until - since)}`;
  const why = announcement.state === 'announced' ? '' : announcement.detail;
  return html`<li class="${STATE_TONE[state]}">
    ${badge(STATE_TONE[state], state)}
    <span class="when">${lasted}</span>
    ${reason === undefined ? '' : html`<p><code title="${meaningOf(reason)}">${reason}</code> ${why}</p>`}
  </li>`;
}
