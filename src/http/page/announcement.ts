import { type Condition, EFFECTS, effectOf } from '../../model/condition.ts';
import type { Drain } from '../../model/drain.ts';
import { isAnnounced, type Status } from '../../model/status.ts';
import { type Html, html, withCode } from './html.ts';
import { announcementTone, badge, EFFECT_TONE, hintOf, meaningOf, SIGN, tellsOf } from './states.ts';
import { count, counted, duration, moment } from './words.ts';

/** What is announced, large enough to be read from across the room, and why. */
export function announcementSection(status: Status): Html {
  const { announcement, node } = status;
  const tone = announcementTone(status);
  return html`<div class="panel ${tone}" data-title="${SIGN[tone]} ${node} ${announcement.state}">
      <p class="state"><span aria-hidden="true">${SIGN[tone]}</span> ${announcement.state}</p>
      <div>
        <p class="since">since ${moment(announcement.since)}</p>
        <p class="prefixes">
          ${status.ranges.map((range) => html`<code>${range}</code>${ifWithheld(status, range)} `)}${others(status)}
        </p>
        <p>${toldOf(status)}</p>
      </div>
      ${whySection(status)}
    </div>
    ${drainSection(status)}${handOver(status)}`;
}

const ifWithheld = (status: Status, range: string): string =>
  status.announcement.state !== 'withdrawn' && !isAnnounced(status, range) ? ' (not announced: no next hop)' : '';

function others({ announcedAddresses, ranges }: Status): string {
  if (ranges.length === 0 && announcedAddresses === 0) return 'no range is known';
  return announcedAddresses === 0 ? '' : `and ${counted(announcedAddresses, 'single address', 'single addresses')}`;
}

function toldOf(status: Status): string {
  const { announcement, peers } = status;
  const told = tellsOf(status).length;
  if (peers.length === 0) return 'there is no peer to tell it to';
  if (announcement.state !== 'withdrawn') return `${told} of ${counted(peers.length, 'peer')} are told so`;
  return told === 0
    ? 'no peer holds a prefix of this node'
    : `${told} of ${counted(peers.length, 'peer')} still hold prefixes`;
}

function whySection({ announcement }: Status): Html | undefined {
  if (announcement.state === 'announced') return undefined;
  const { detail, reason } = announcement;
  const hint = hintOf(reason);
  return html`<p class="why">
      <strong><code>${reason}</code></strong> ${meaningOf(reason)}${detail === '' ? '' : `: ${detail}`}
    </p>
    ${hint === undefined ? '' : html`<p class="hint">Look first: ${withCode(hint)}</p>`}`;
}

function drainSection({ drain }: Status): Html | undefined {
  if (drain === undefined) return undefined;
  const { by, deadline, since, stage, waiting } = drain;
  const left = stage === 'drained' || stage === 'waiting' ? '' : html`, until ${moment(deadline)} at most`;
  return html`<div class="notice doubtful">
    <h3>Drain: ${stage}</h3>
    <p>Asked for by ${by.join(', ')}; in this stage since ${moment(since)}${left}.</p>
    ${waiting === '' ? '' : html`<p>Waits for ${waiting}.</p>`}
    <p>${connectionsOf(drain)}</p>
    ${tookOf(drain)}
  </div>`;
}

function connectionsOf({ connections, silent }: Drain): string {
  if (connections === undefined) return 'How many connections are open is not known.';
  return `${counted(connections, 'connection')} open${connections > 0 && silent ? ', and nothing comes in for them' : ''}.`;
}

function tookOf({ took }: Drain): Html | undefined {
  const stages = Object.entries(took).map(([stage, ms]) => `${stage} ${duration(ms)}`);
  return stages.length === 0 ? undefined : html`<p>Stages that are over: ${stages.join(', ')}.</p>`;
}

const handOver = ({ handOverUntil }: Status): Html | undefined =>
  handOverUntil === undefined
    ? undefined
    : html`<div class="notice neutral">
        <p>Until ${moment(handOverUntil)} an end of this agent leaves all to the next one: nothing is withdrawn.</p>
      </div>`;

/** The active conditions, the weightiest first, each with what to look at. */
export function conditionsSection({ conditions }: Status): Html {
  if (conditions.length === 0)
    return html`<p class="calm">${badge('good', 'none')} Nothing is wrong that the agent knows of.</p>`;
  const shown = conditions.toSorted((a, b) => weight(b) - weight(a)).slice(0, MOST_CONDITIONS);
  const more = conditions.length - shown.length;
  return html`<ul class="conditions">
      ${shown.map(conditionItem)}
    </ul>
    ${more > 0 ? html`<p>and ${count(more)} more</p>` : ''}`;
}

const weight = (condition: Condition): number => EFFECTS.indexOf(effectOf(condition));

const MOST_CONDITIONS = 50;

function conditionItem(condition: Condition): Html {
  const { code, detail } = condition;
  const effect = effectOf(condition);
  return html`<li class="${EFFECT_TONE[effect]}">
    <p class="head">${badge(EFFECT_TONE[effect], effect.replaceAll('-', ' '))} <code>${code}</code></p>
    <p>${meaningOf(code)}</p>
    <p class="detail">${detail}</p>
    <p class="hint">
      Look first: ${withCode(hintOf(code) ?? '')} <span class="doc">(docs/conditions.md, <code>${code}</code>)</span>
    </p>
  </li>`;
}
