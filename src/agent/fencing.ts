import { othersCarryOn } from '../announce/others.ts';
import type { BgpState } from '../bgp/speaker.ts';
import type { Sessions } from '../dataplane/fence/want.ts';
import type { AgentParts } from './parts.ts';
import { Repeater } from './repeater.ts';

/** What a withdrawal may take. One that goes well is over after some milliseconds. */
const WITHDRAWAL_MS = 1000;
/** How much longer than that one may take, and how long a session may stand that comes back in spite of a fence. */
const LOOK_EVERY_MS = 250;

/** What is to become of the fence, and why it is to be raised. */
export type FenceStep = { readonly kind: 'raise'; readonly why: string } | { readonly kind: 'lift' | 'leave' };

/**
 * A gobgpd that does not withdraw is fenced, and one that does not answer, so that nobody knows what it announces, where
 * the other nodes can do without this one. One that answers and has nothing left to withdraw is not. In between, what
 * stands is left: a gobgpd that has ended took its sessions with it, and does not yet tell what it is going to announce
 * when it is back.
 *
 * @param now milliseconds of `performance.now()`
 * @param isSpare whether the other nodes carry on without this one
 */
export function fenceStep(
  { reachable, silent, withdrawingSince }: Pick<BgpState, 'reachable' | 'silent' | 'withdrawingSince'>,
  now: number,
  isSpare: boolean,
): FenceStep {
  if (silent && (isSpare || withdrawingSince !== undefined)) {
    return { kind: 'raise', why: 'gobgpd takes calls and does not answer them' };
  }
  if (withdrawingSince === undefined) return { kind: reachable ? 'lift' : 'leave' };
  if (now - withdrawingSince < WITHDRAWAL_MS) return { kind: 'leave' };
  return { kind: 'raise', why: `gobgpd has not withdrawn within ${WITHDRAWAL_MS} ms` };
}

type Peers = Sessions['peers'];

/**
 * The peers whose sessions a fence has to cut: those that there were when gobgpd last did as it was told, and those that it
 * was told of since.
 */
export const peersToFence = (before: Peers, peers: Peers, inSync: boolean): Peers =>
  inSync ? peers : [...new Map([...before, ...peers].map((peer) => [peer.address, peer])).values()];

type Parts = Pick<AgentParts, 'config' | 'fence' | 'log' | 'peers' | 'presence' | 'speaker'>;

/** Raises and lifts the fence as gobgpd behaves. */
export class Fencing {
  readonly #parts: Parts;
  readonly #onChange: () => void;
  readonly #looks = new Repeater(
    () => this.#look(),
    () => LOOK_EVERY_MS,
  );
  /** Why the fence is raised; undefined while it is not. */
  #why: string | undefined;
  #problems: readonly string[] = [];
  #peers: Peers = [];
  /** Whether rules of it may stand: an agent that was killed may have left some. */
  #mayStand = true;

  /** @param onChange called when the fence has been raised or lifted */
  constructor(parts: Parts, onChange: () => void) {
    this.#parts = parts;
    this.#onChange = onChange;
  }

  /** Why the fence is raised, and what keeps it from being whole; undefined while it is not raised. */
  get detail(): string | undefined {
    return this.#why && [this.#why, ...this.#problems].join('; ');
  }

  /** Looks at gobgpd now, and from now on again and again. */
  look(): void {
    this.#looks.trigger();
  }

  /** A fence that is raised stays: the next agent lifts it once gobgpd answers. */
  async stop(): Promise<void> {
    await this.#looks.stop();
    this.#parts.fence.close();
  }

  async #look(): Promise<void> {
    const { config, peers, presence, speaker } = this.#parts;
    this.#peers = peersToFence(this.#peers, peers.resolved.peers, speaker.state().inSync);
    const isSpare = othersCarryOn(presence.census(), config.announcement.minimumAnnouncers);
    const step = fenceStep(speaker.state(), performance.now(), isSpare);
    const why = step.kind === 'raise' ? step.why : this.#why;
    if (step.kind !== 'lift' && why !== undefined && this.#isNeeded()) await this.#raise(why);
    if (step.kind === 'lift' && this.#mayStand) await this.#lift();
  }

  /** A gobgpd that has ended cannot withdraw any more, and needs no fence: that would only be left behind. */
  #isNeeded(): boolean {
    const { fence, speaker } = this.#parts;
    const { reachable, silent } = speaker.state();
    return this.#why !== undefined || reachable || silent || fence.isOpen(this.#sessions);
  }

  get #sessions(): Sessions {
    const { listenPort } = this.#parts.config.bgp;
    return { peers: this.#peers, listenPort: listenPort > 0 ? listenPort : undefined };
  }

  async #raise(why: string): Promise<void> {
    const { fence, log } = this.#parts;
    this.#mayStand = true;
    const { changes, problems } = await fence.raise(this.#sessions);
    if (this.#why === undefined) log.info({ event: 'fence-raised', why, changes, problems }, `fence raised: ${why}`);
    this.#become(why, problems);
  }

  async #lift(): Promise<void> {
    const { fence, log } = this.#parts;
    const { changes, problems } = await fence.lift();
    if (problems.length > 0) return this.#become(this.#why ?? 'it was left by an earlier agent', problems);
    this.#mayStand = false;
    if (this.#why !== undefined || changes.length > 0) log.info({ event: 'fence-lifted', changes }, 'fence lifted');
    this.#become(undefined, []);
  }

  #become(why: string | undefined, problems: readonly string[]): void {
    const before = this.detail;
    this.#why = why;
    this.#problems = problems;
    if (before !== this.detail) this.#onChange();
  }
}
