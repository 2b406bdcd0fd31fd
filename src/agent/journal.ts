import type { Logger } from 'pino';
import type { PartOutcome } from '../dataplane/dataplane.ts';
import type { Prefix } from '../model/address.ts';
import type { Condition, ConditionCode } from '../model/condition.ts';
import type { Drain, DrainStage } from '../model/drain.ts';
import type { Skipped } from '../model/snapshot.ts';
import type { Announcement } from '../model/status.ts';
import type { Transition } from '../model/transition.ts';
import type { AgentParts } from './parts.ts';

/** Changes named in one line of the log; a first sync of thousands is not spelled out. */
const NAMED_CHANGES = 10;

/** Writes one line for each transition, and none for "nothing to do". Whoever else is to know of them is told as well. */
export class Journal {
  readonly #log: Logger;
  readonly #tell: (transition: Transition) => void;
  #conditions: ReadonlyMap<string, Condition> = new Map();
  #skipped: ReadonlySet<string> = new Set();
  #lastSkipped: readonly Skipped[] = [];

  /** What the agent before this one has said is not said again. */
  constructor({ bulletin, legacy, log }: Pick<AgentParts, 'bulletin' | 'legacy' | 'log'>) {
    this.#log = log;
    this.#tell = (transition) => bulletin.happened(transition);
    if (legacy === undefined) return;
    this.#conditions = legacy.journal.#conditions;
    this.#skipped = legacy.journal.#skipped;
  }

  announcement(now: Announcement, prefixes: readonly Prefix[]): void {
    this.#tell({ kind: 'announcement', announcement: now, prefixes });
    if (now.state === 'announced') return this.#log.info({ event: 'announced', prefixes }, 'announcing');
    const { detail, reason } = now;
    // The hold-down is no new fault: all is well, and only time is still missing.
    const event = reason === 'held-down' ? 'held-down' : now.state;
    this.#log.info({ event, reason, detail, prefixes }, `${now.state}: ${reason}`);
  }

  conditions(active: readonly Condition[]): void {
    const now = new Map(active.map((condition) => [`${condition.code} ${subject(condition)}`, condition]));
    for (const [key, condition] of now) if (!this.#conditions.has(key)) this.#raised(condition);
    for (const [key, condition] of this.#conditions) if (!now.has(key)) this.#cleared(condition);
    this.#conditions = now;
  }

  /** @param before what was under way until now */
  drain(before: Drain | undefined, drain: Drain | undefined): void {
    this.#tell({ kind: 'drain', drain });
    if (drain === undefined)
      return this.#log.info({ event: 'drain-over', by: before?.by }, 'nothing asks for a drain any more');
    const { by, connections, deadline, silent, stage, took, waiting } = drain;
    if (stage === 'waiting') return this.#log.info({ event: 'drain', stage, by, waiting }, SENTENCES.waiting);
    const until = new Date(deadline).toISOString();
    this.#log.info({ event: 'drain', stage, by, connections, silent, took, until }, SENTENCES[stage]);
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

  #raised(condition: Condition): void {
    const { code, detail } = condition;
    this.#log.warn({ event: 'condition-raised', code, detail }, code);
    this.#tell({ kind: 'condition-raised', condition, subject: subject(condition) });
  }

  #cleared(condition: Condition): void {
    const { code } = condition;
    this.#log.info({ event: 'condition-cleared', code }, `${code} is over`);
    this.#tell({ kind: 'condition-cleared', condition, subject: subject(condition) });
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

const SENTENCES = {
  waiting: 'a drain waits for its turn',
  deprioritised: 'draining: new connections go to other nodes first',
  withdrawn: 'draining: withdrawn, waiting for connections to end',
  drained: 'drained',
} as const satisfies Record<DrainStage, string>;

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
