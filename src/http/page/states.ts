import { type Condition, CONDITIONS, PHASES, type Reason } from '../../model/condition.ts';
import type { PeerStatus } from '../../model/path.ts';
import type { Announcement, AnnouncementState, Status } from '../../model/status.ts';
import { type Html, html } from './html.ts';

/** How good or bad something is; a colour on the page, and never that alone. */
export type Tone = 'good' | 'doubtful' | 'bad' | 'neutral';

/** A shape for each, for those who do not tell the colours from one another. */
export const SIGN: Readonly<Record<Tone, string>> = { good: '✓', doubtful: '!', bad: '✕', neutral: '–' };

export const STATE_TONE: Readonly<Record<AnnouncementState, Tone>> = {
  announced: 'good',
  deprioritised: 'doubtful',
  withdrawn: 'bad',
};

/** A word with its sign, in its colour. */
export const badge = (tone: Tone, word: string): Html =>
  html`<span class="badge ${tone}"><span class="sign" aria-hidden="true">${SIGN[tone]}</span>${word}</span>`;

/** What a reason means, in a sentence. */
export const meaningOf = (reason: Reason): string => (isPhase(reason) ? PHASES[reason] : CONDITIONS[reason].title);

/** What to look at first; a phase passes by itself. */
export const hintOf = (reason: Reason): string | undefined => (isPhase(reason) ? undefined : CONDITIONS[reason].hint);

const isPhase = (reason: Reason): reason is keyof typeof PHASES => Object.hasOwn(PHASES, reason);

/** Whether a peer has a session, and where BFD is wanted, BFD as well. */
export function peerTone({ bfd, state }: PeerStatus): Tone {
  if (state !== 'established') return 'bad';
  return bfd === undefined || bfd === 'up' ? 'good' : 'doubtful';
}

export const bfdWords = ({ bfd }: PeerStatus): string | undefined => (bfd === undefined ? undefined : `BFD ${bfd}`);

/** Peers that have a session and were sent prefixes. */
export const tellsOf = ({ peers }: Status): PeerStatus[] =>
  peers.filter(({ advertised, state }) => state === 'established' && advertised.length > 0);

/** How it is to be shown: what is announced to nobody is not as good as it sounds. */
export function announcementTone(status: Status): Tone {
  const tone = STATE_TONE[status.announcement.state];
  return tone === 'good' && tellsOf(status).length === 0 ? 'doubtful' : tone;
}

export const reasonOf = (announcement: Announcement): Reason | undefined =>
  announcement.state === 'announced' ? undefined : announcement.reason;

/** By its effect: the colour of a condition. */
export const EFFECT_TONE: Readonly<Record<NonNullable<Condition['effect']>, Tone>> = {
  reports: 'neutral',
  deprioritises: 'doubtful',
  withdraws: 'bad',
  'withdraws-at-once': 'bad',
};
