import type { DrainWish } from '../announce/drain.ts';
import { type AnnouncementEvent, type Decision, type Fault, samePhase, starting, step } from '../announce/step.ts';
import type { Address } from '../model/address.ts';
import { type Condition, effectOf, weightiest } from '../model/condition.ts';
import type { Announcement } from '../model/status.ts';
import type { Journal } from './journal.ts';
import { announceable } from './next-hop.ts';
import type { AgentParts } from './parts.ts';
import { toldOf } from './told.ts';
import { wantedBgp } from './wanted-bgp.ts';

/** What one look at the node found. */
export interface Findings {
  readonly conditions: readonly Condition[];
  /** What the node has yet to prove before it may announce; undefined once all is proven. */
  readonly pending: string | undefined;
  readonly drain: DrainWish;
}

type Parts = Pick<AgentParts, 'config' | 'ranges' | 'speaker' | 'presence' | 'nextHopIPv6' | 'now'>;

/** Decides how the ranges are announced, and tells gobgpd, the other nodes and the log. */
export class Announcer {
  readonly #parts: Parts;
  readonly #journal: Journal;
  readonly #onChange: (before: Announcement, now: Announcement) => void;
  #decision: Decision;
  #nextHopIPv6: Address | undefined;

  /** @param onChange called with every announcement that differs in more than words */
  constructor(parts: Parts, journal: Journal, onChange: (before: Announcement, now: Announcement) => void) {
    this.#parts = parts;
    this.#journal = journal;
    this.#onChange = onChange;
    this.#nextHopIPv6 = parts.nextHopIPv6();
    this.#decision = starting(parts.now());
  }

  get decision(): Decision {
    return this.#decision;
  }

  /** Where switches are told to send packets for IPv6 ranges. */
  get nextHopIPv6(): Address | undefined {
    return this.#nextHopIPv6;
  }

  /** health -> announce -> bgp. */
  decide({ conditions, drain, pending }: Findings): void {
    this.#followNextHop();
    const { now, presence, speaker } = this.#parts;
    const { prefixes, reachable } = speaker.state();
    // Before gobgpd has said what it holds of an earlier agent, there is nothing that could be handed over.
    const blind = drain !== 'none' && !reachable && this.#isStarting;
    this.#advance({
      kind: 'verdict',
      at: now(),
      pending: blind ? 'waiting for gobgpd to say what it holds' : pending,
      fault: faultOf(conditions),
      census: presence.census(),
      drain: blind ? 'none' : drain,
      held: prefixes.length > 0,
    });
    this.tellOthers(conditions);
  }

  stop(): void {
    this.#advance({ kind: 'stop', at: this.#parts.now() });
    this.tellOthers([]);
  }

  tellSpeaker(): void {
    const { config, ranges, speaker } = this.#parts;
    speaker.set(wantedBgp(config, ranges.usable, this.#nextHopIPv6, this.#decision.announcement));
  }

  get #isStarting(): boolean {
    const { announcement } = this.#decision;
    return announcement.state === 'withdrawn' && announcement.reason === 'starting';
  }

  #advance(event: AnnouncementEvent): void {
    const before = this.#decision.announcement;
    this.#decision = step(this.#decision, event, this.#parts.config.announcement);
    const now = this.#decision.announcement;
    if (samePhase(before, now)) return;
    this.tellSpeaker();
    this.#journal.announcement(now, announceable(this.#parts.ranges.usable, this.#nextHopIPv6));
    this.#onChange(before, now);
  }

  /** What has become of the announcement: where gobgpd does not answer, the others are not to count on this node. */
  tellOthers(conditions: readonly Condition[]): void {
    const { presence, ranges, speaker } = this.#parts;
    const { state } = this.#decision.announcement;
    const prefixes = announceable(ranges.usable, this.#nextHopIPv6);
    presence.tell(toldOf({ state, conditions, prefixes, bgp: speaker.state() }));
  }

  /** An address may come and go, as the router advertisements of the link have it. */
  #followNextHop(): void {
    const found = this.#parts.nextHopIPv6();
    if (found === this.#nextHopIPv6) return;
    this.#nextHopIPv6 = found;
    this.tellSpeaker();
  }
}

function faultOf(conditions: readonly Condition[]): Fault | undefined {
  const worst = weightiest(conditions);
  const effect = worst && effectOf(worst);
  if (worst === undefined || effect === undefined || effect === 'reports') return undefined;
  return { effect, reason: worst.code, detail: worst.detail };
}
