import type { Logger } from 'pino';
import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Prefix } from '../model/address.ts';
import type { Condition, ConditionCode } from '../model/condition.ts';
import type { Skipped } from '../model/snapshot.ts';
import type { Announcement } from '../model/status.ts';

/** Changes named in one line of the log; a first sync of thousands is not spelled out. */
const NAMED_CHANGES = 10;

/** Writes one line for each transition, and none for "nothing to do". */
export class Journal {
  readonly #log: Logger;
  #conditions: ReadonlyMap<string, Condition> = new Map();
  #skipped: ReadonlySet<string> = new Set();
  #lastSkipped: readonly Skipped[] = [];

  constructor(log: Logger) {
    this.#log = log;
  }

  announcement(now: Announcement, prefixes: readonly Prefix[]): void {
    if (now.state === 'announced') return this.#log.info({ event: 'announced', prefixes }, 'announcing');
    const { detail, reason } = now;
    // The hold-down is no new fault: all is well, and only time is still missing.
    const event = reason === 'held-down' ? 'held-down' : now.state;
    this.#log.info({ event, reason, detail, prefixes }, `${now.state}: ${reason}`);
  }

  conditions(active: readonly Condition[]): void {
    const now = new Map(active.map((condition) => [`${condition.code} ${subject(condition)}`, condition]));
    for (const [key, { code, detail }] of now) {
      if (!this.#conditions.has(key)) this.#log.warn({ event: 'condition-raised', code, detail }, code);
    }
    for (const [key, { code }] of this.#conditions) {
      if (!now.has(key)) this.#log.info({ event: 'condition-cleared', code }, `${code} is over`);
    }
    this.#conditions = now;
  }

  /** @param skipped the same array as before counts as unchanged */
  pass(outcomes: readonly PartOutcome[], skipped: readonly Skipped[]): void {
    for (const { changes, part, problems } of outcomes) {
      if (changes.length === 0) continue;
      const named = changes.slice(0, NAMED_CHANGES);
      this.#log.info(
        { event: 'kernel-changed', part, count: changes.length, changes: named, problems },
        `${part} changed`,
      );
    }
    if (skipped !== this.#lastSkipped) this.#reportSkipped(skipped);
    this.#lastSkipped = skipped;
  }

  stopping(peersTold: boolean): void {
    const event = 'withdrawal-sent';
    if (peersTold) this.#log.info({ event }, 'every peer has been told to forget the prefixes');
    else this.#log.error({ event: 'withdrawal-unconfirmed' }, 'gobgpd does not confirm that the peers have been told');
  }

  #reportSkipped(skipped: readonly Skipped[]): void {
    const keys = new Set<string>();
    for (const { detail, object, reason } of skipped) {
      const key = `${object} ${reason}`;
      if (!this.#skipped.has(key))
        this.#log.info({ event: 'object-skipped', object, reason, detail }, `${object} is left out`);
      keys.add(key);
    }
    this.#skipped = keys;
  }
}

/** There may be several of these at once, each a condition of its own: the detail begins with what it is about. */
const PLURAL: ReadonlySet<ConditionCode> = new Set([
  'own-check-failed',
  'check-broken',
  'peer-unresolved',
  'peer-down',
  'peer-flapping',
  'bfd-down',
  'bfd-unsupported',
  'path-not-accepted',
]);

/** Other details are wording, not identity. */
const subject = ({ code, detail }: Condition): string => (PLURAL.has(code) ? (detail.split(' ')[0] ?? '') : '');
