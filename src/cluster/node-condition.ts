import type { Condition, ConditionCode } from '../model/condition.ts';
import type { Announcement, AnnouncementState } from '../model/status.ts';
import { arrayAt, isObject, type JsonObject, objectAt, textAt } from '../source/json.ts';
import { seconds } from './node-event.ts';
import { camelCase, shortened, wordsOf } from './node-words.ts';

/** The type of our condition in the status of a Node. */
const CONDITION_TYPE = 'FairleadAnnouncing';

/** How things stand with the announcement of this node. */
export interface Standing {
  /** What was decided. */
  readonly announcement: Announcement;
  /** What a switch is known to have been told. */
  readonly told: AnnouncementState;
  /** What is announced while anything is. */
  readonly prefixes: readonly string[];
  readonly conditions: readonly Condition[];
}

/** What the Node says of it. */
export interface Shown {
  /** Unknown before the agent has decided anything: what an earlier one has left is still as it was. */
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason: string;
  readonly message: string;
}

/** True while a switch has paths of this node, deprioritised ones as well; the reason tells one from the other. */
export function shownOf(standing: Standing): Shown {
  const { announcement, prefixes, told } = standing;
  if (announcement.state === 'announced') {
    if (told === 'withdrawn') return untold(standing);
    return { status: 'True', reason: 'Announced', message: `announcing ${prefixes.join(', ')}` };
  }
  const { detail, reason, state } = announcement;
  if (reason === 'starting') return { status: 'Unknown', reason: 'Starting', message: detail };
  if (state === 'deprioritised' && told === 'withdrawn') return untold(standing);
  const status = state === 'deprioritised' ? 'True' : 'False';
  return { status, reason: camelCase(reason), message: shortened(`${state}: ${wordsOf(reason, detail)}`) };
}

/** What may keep a decision from the switches, the most telling first. */
const BETWEEN: readonly ConditionCode[] = [
  'gobgpd-fenced',
  'gobgpd-unreachable',
  'peer-unresolved',
  'peer-down',
  'bgp-out-of-sync',
  'next-hop-missing',
];

function untold({ announcement, conditions }: Standing): Shown {
  const cause = BETWEEN.map((code) => conditions.find((one) => one.code === code)).find((one) => one !== undefined);
  const decided = `${announcement.state}, and no switch is known to have all of it`;
  if (cause === undefined) return { status: 'False', reason: 'NotTold', message: decided };
  const message = shortened(`${decided}: ${wordsOf(cause.code, cause.detail)}`);
  return { status: 'False', reason: camelCase(cause.code), message };
}

/** Since when a status is what it is, in milliseconds since the epoch. */
export interface Since {
  readonly status: string;
  readonly since: number;
}

/** Our condition in an object of the API, be it a Node or a list of one; undefined where there is none. */
export function foundIn(raw: unknown): Since | undefined {
  const [node = raw] = isObject(raw) ? arrayAt(raw, 'items') : [];
  const conditions = isObject(node) ? arrayAt(objectAt(node, 'status'), 'conditions') : [];
  const own = conditions.filter(isObject).find((one) => one['type'] === CONDITION_TYPE) ?? {};
  const status = textAt(own, 'status');
  const since = Date.parse(textAt(own, 'lastTransitionTime') ?? '');
  return status === undefined || Number.isNaN(since) ? undefined : { status, since };
}

/** A strategic merge patch of a Node's status: conditions are merged by their type, so that all others stay. */
export const encodeCondition = (shown: Shown, times: { readonly now: number; readonly since: number }): JsonObject => ({
  status: {
    conditions: [
      {
        type: CONDITION_TYPE,
        ...shown,
        lastHeartbeatTime: seconds(times.now),
        lastTransitionTime: seconds(times.since),
      },
    ],
  },
});
