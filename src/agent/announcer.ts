import { isDeepStrictEqual } from 'node:util';
import type { DrainWish } from '../announce/drain.ts';
import { type AnnouncementEvent, type Decision, type Fault, samePhase, starting, step } from '../announce/step.ts';
import { type Address, hostPrefix, type Prefix } from '../model/address.ts';
import { type Condition, effectOf, weightiest } from '../model/condition.ts';
import type { Turn } from '../model/drain.ts';
import type { Journal } from './journal.ts';
import { announceable } from './next-hop.ts';
import type { AgentParts } from './parts.ts';
import { arePeersTold } from './peers-told.ts';
import { toldOf } from './told.ts';
import { type AnnouncedFrom, announcedHosts, wantedBgp } from './wanted-bgp.ts';
import { type Weight, weightOf } from './weight.ts';

/** What one look at the node found. */
export interface Findings {
  readonly conditions: readonly Condition[];
  /** What the node has yet to prove before it may announce; undefined once all is proven. */
  readonly pending: string | undefined;
  readonly drain: DrainWish;
  /** What the others are to know of that drain. */
  readonly turn: Turn | undefined;
}

type Parts = Pick<
  AgentParts,
  | 'config'
  | 'legacy'
  | 'ranges'
  | 'speaker'
  | 'presence'
  | 'bulletin'
  | 'peers'
  | 'nextHopIPv6'
  | 'linkSpeed'
  | 'now'
  | 'tally'
>;

/** Decides how the ranges are announced, and tells gobgpd, the other nodes and the log. */
export class Announcer {
  readonly #parts: Parts;
  readonly #journal: Journal;
  #decision: Decision;
  /** Whether the decision is of the agent before this one, which gobgpd does as well until this one has proven itself. */
  #isInherited: boolean;
  #weight: Weight;
  /** Ranges that are still served and no longer announced. */
  #leaving: readonly Prefix[] = [];
  /** What gobgpd was last told to announce, if it is to announce at all. */
  #from: AnnouncedFrom;
  #turn: Turn | undefined;

  constructor(parts: Parts, journal: Journal) {
    this.#parts = parts;
    this.#journal = journal;
    this.#weight = this.#weigh();
    this.#from = this.#look([]);
    this.#decision = parts.legacy?.decision ?? starting(parts.now());
    this.#isInherited = parts.legacy !== undefined;
  }

  get decision(): Decision {
    return this.#decision;
  }

  /** Prefixes of the configuration that are not announced for want of a next hop. */
  get withoutNextHop(): readonly Prefix[] {
    const { config, ranges } = this.#parts;
    const prefixes = [...ranges.usable, ...announcedHosts(config)];
    const announced = announceable(prefixes, this.#from.nextHopIPv6);
    return prefixes.filter((prefix) => !announced.includes(prefix));
  }

  /** Why switches are told no weight of this node although they are to be; undefined where that is not so. */
  get weightProblem(): string | undefined {
    return this.#weight.problem;
  }

  /** How many single addresses are announced beside the ranges. */
  get announcedAddresses(): number {
    const { addresses, nextHopIPv6 } = this.#from;
    if (this.#decision.announcement.state === 'withdrawn') return 0;
    return announceable(addresses.map(hostPrefix), nextHopIPv6).length;
  }

  /**
   * To be called before the kernel is changed: what is no longer served is withdrawn first. Nothing waits until the
   * switches have been told, which would hold up every other change.
   */
  withdrawAllBut(served: readonly Address[]): void {
    if (served === this.#from.addresses) return;
    const announced = new Set(this.#from.addresses);
    const kept = served.filter((address) => announced.has(address));
    if (kept.length === announced.size) return;
    this.#become({ ...this.#from, addresses: kept.length === served.length ? served : kept });
  }

  /** To be called once the kernel holds these single addresses. */
  announceServed(served: readonly Address[]): void {
    if (served !== this.#from.addresses) this.#become({ ...this.#from, addresses: served });
  }

  /** Withdraws ranges ahead of their end, and announces all others. @returns whether every peer has been told */
  async withdraw(gone: readonly Prefix[]): Promise<boolean> {
    if (gone.length === 0 && this.#leaving.length === 0) return true;
    this.#leaving = gone;
    this.follow();
    return arePeersTold(this.#parts.speaker, (prefix) => gone.includes(prefix));
  }

  /** health -> announce -> bgp. */
  decide({ conditions, drain, pending, turn }: Findings): void {
    this.follow();
    this.#turn = turn;
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
      drain: blind || drain === 'wait' ? 'none' : drain,
      held: prefixes.length > 0,
    });
    if (pending === undefined && this.#isInherited) this.#ownDecision();
    this.tellOthers(conditions);
  }

  stop(): void {
    this.#advance({ kind: 'stop', at: this.#parts.now() });
    this.tellOthers([]);
  }

  /** Peers, labels and an address of the node, the speed of a link: each may come and go. */
  follow(): void {
    this.#weight = this.#weigh();
    const found = this.#look(this.#from.addresses);
    if (!isDeepStrictEqual(found, this.#from)) this.#become(found);
  }

  tellSpeaker(): void {
    const { config, speaker } = this.#parts;
    const wanted = wantedBgp(config, this.#from, this.#decision.announcement);
    speaker.set(this.#isInherited ? { ...wanted, paths: undefined } : wanted);
  }

  /** What was decided by the agent before this one holds of what this one serves as well. */
  #ownDecision(): void {
    this.#isInherited = false;
    this.tellSpeaker();
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
    this.#ownDecision();
    this.#journal.announcement(now, announceable(this.#from.ranges, this.#from.nextHopIPv6));
    this.#parts.tally.announcement(before, now);
  }

  /** What has become of the announcement: where gobgpd does not answer, the others are not to count on this node. */
  tellOthers(conditions: readonly Condition[]): void {
    const { bulletin, presence, speaker } = this.#parts;
    const { announcement } = this.#decision;
    const prefixes = announceable(this.#from.ranges, this.#from.nextHopIPv6);
    const told = toldOf({ state: announcement.state, conditions, prefixes, bgp: speaker.state(), turn: this.#turn });
    presence.tell(told);
    bulletin.stands({ announcement, told: told.state, prefixes, conditions });
  }

  #look(addresses: readonly Address[]): AnnouncedFrom {
    const { config, nextHopIPv6, peers, ranges } = this.#parts;
    const { peers: found, pending } = peers.resolved;
    return {
      ranges: ranges.usable.filter((range) => !this.#leaving.includes(range)),
      addresses,
      peers: found,
      pending,
      nextHopIPv6: config.bgp.nextHopIPv6 ?? nextHopIPv6(found),
      linkBandwidth: this.#weight.linkBandwidth,
    };
  }

  #weigh(): Weight {
    const { config, linkSpeed, peers } = this.#parts;
    const node = { node: config.node, labels: peers.labels };
    return weightOf(config.announcement.weight, node, linkSpeed);
  }

  #become(from: AnnouncedFrom): void {
    this.#from = from;
    this.tellSpeaker();
  }
}

function faultOf(conditions: readonly Condition[]): Fault | undefined {
  const worst = weightiest(conditions);
  const effect = worst && effectOf(worst);
  if (worst === undefined || effect === undefined || effect === 'reports') return undefined;
  return { effect, reason: worst.code, detail: worst.detail };
}
