import type { Census } from '../model/census.ts';
import type { NodeTurn, Turn } from '../model/drain.ts';

/** What the turn of a node depends on. */
export interface Queue {
  readonly node: string;
  readonly census: Census;
  /** How many nodes may drain at once; 0 where nobody is asked. */
  readonly maxDraining: number;
  /** Whether this drain takes nothing away that the others would have to carry, or cannot be put off. */
  readonly exempt: boolean;
}

/**
 * The next step of a node that is to drain, by what it has told the others and by what they tell. Never more than
 * `maxDraining` get to `drains`, however their writes and reads lie, without a clock, and whoever dies in between:
 *
 * - A node first writes `claims`, and drains only by a census that was read after that was written, and in which fewer
 *   than so many others claim or drain. Of any two, the one that writes its claim second sees that of the first.
 * - Two that see each other's claim would both wait for ever. So one that is not among the next goes back to `waits`, and
 *   the other one, which stays, sees it do so.
 * - Who comes first is a matter of the number that a node takes when it begins to wait: one more than the highest it
 *   sees (Lamport's bakery). A node that comes later does not pass one that it could see waiting. The numbers decide
 *   who is next, and not who may go: two that are equal, or one that was taken by an old census, cost nothing.
 *
 * @param now undefined before it has a number, which takes a census
 */
export function stepTurn(now: Turn | undefined, queue: Queue): Turn | undefined {
  const { census, exempt, maxDraining } = queue;
  if (now?.step === 'drains') return now;
  const mine = now ?? firstTurn(queue);
  if (exempt || maxDraining === 0) return { number: mine?.number ?? 0, step: 'drains' };
  if (!census.known || mine === undefined) return now;
  const inFront = [...draining(census.turns), ...aheadOf(mine, queue, census.turns)];
  if (inFront.length >= maxDraining) return { ...mine, step: 'waits' };
  if (now?.step !== 'claims') return { ...mine, step: 'claims' };
  const taken = census.turns.filter(({ step }) => step !== 'waits');
  return census.confirmed && taken.length < maxDraining ? { ...mine, step: 'drains' } : now;
}

/** What a node waits for that is not yet to drain. */
export function turnAwaited(now: Turn | undefined, queue: Queue): string {
  const { census } = queue;
  if (!census.known) return `its turn: the others are not known: ${census.why}`;
  const ahead = now ? aheadOf(now, queue, census.turns).map(({ node }) => `${node} comes first`) : [];
  const why = [...draining(census.turns).map(({ node }) => `${node} drains`), ...ahead];
  return ['its turn', ...(why.length > 0 ? [why.join(', ')] : [])].join(': ');
}

function firstTurn({ census }: Queue): Turn | undefined {
  if (!census.known) return undefined;
  return { step: 'waits', number: 1 + Math.max(0, ...census.turns.map(({ number }) => number)) };
}

const draining = (turns: readonly NodeTurn[]): NodeTurn[] => turns.filter(({ step }) => step === 'drains');

const aheadOf = (mine: Turn, { node }: Queue, turns: readonly NodeTurn[]): NodeTurn[] =>
  turns.filter((other) => other.step !== 'drains' && (other.number - mine.number || (other.node < node ? -1 : 1)) < 0);
