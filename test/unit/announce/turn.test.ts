import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Queue, stepTurn, turnAwaited } from '../../../src/announce/turn.ts';
import type { Census } from '../../../src/model/census.ts';
import type { NodeTurn, Turn, TurnStep } from '../../../src/model/drain.ts';
import { UNKNOWN } from './events.ts';

const turn = (text: string): Turn => {
  const [step, number] = text.split(' ');
  return { step: step as TurnStep, number: Number(number) };
};

/** What the others tell, each as `lb-2 claims 3`. */
const told = (...texts: readonly string[]): NodeTurn[] =>
  texts.map((text) => ({ node: text.slice(0, 4), ...turn(text.slice(5)) }));

const census = (turns: readonly NodeTurn[], confirmed = true): Census => ({
  known: true,
  others: [],
  turns,
  confirmed,
});

/** The queue as lb-3 sees it. */
const queue = (turns: readonly NodeTurn[], also: Partial<Queue> = {}): Queue => ({
  node: 'lb-3',
  census: census(turns),
  maxDraining: 1,
  exempt: false,
  ...also,
});

describe('a node that is to drain', () => {
  test.each<[string, string | undefined, Queue, string | undefined]>([
    ['claims the next place where nobody else is', undefined, queue([]), 'claims 1'],
    ['takes no number before it knows the others', undefined, queue([], { census: UNKNOWN }), undefined],
    ['drains when the others were read behind its claim', 'claims 1', queue([]), 'drains 1'],
    ['does not by what was read before', 'claims 1', queue([], { census: census([], false) }), 'claims 1'],
    ['never by a census that it does not have', 'claims 1', queue([], { census: UNKNOWN }), 'claims 1'],
    ['waits behind one that drains', undefined, queue(told('lb-1 drains 4')), 'waits 5'],
    ['waits behind one that waited before', undefined, queue(told('lb-9 waits 4')), 'waits 5'],
    ['waits behind one with the same number and a lower name', 'waits 4', queue(told('lb-1 waits 4')), 'waits 4'],
    ['comes before one with a higher name', 'waits 4', queue(told('lb-9 waits 4')), 'claims 4'],
    ['gives its claim up for one that comes first', 'claims 4', queue(told('lb-9 claims 3')), 'waits 4'],
    ['gives it up for one that drains', 'claims 4', queue(told('lb-9 drains 7')), 'waits 4'],
    [
      'keeps it beside one that comes later, until that one has given up',
      'claims 4',
      queue(told('lb-9 claims 5')),
      'claims 4',
    ],
    ['drains once it has', 'claims 4', queue(told('lb-9 waits 5')), 'drains 4'],
    ['goes on whoever drains meanwhile', 'drains 4', queue(told('lb-1 drains 1', 'lb-2 drains 2')), 'drains 4'],
    ['is one of two where two may', 'claims 4', queue(told('lb-1 drains 1'), { maxDraining: 2 }), 'drains 4'],
    ['is no third one', 'waits 4', queue(told('lb-1 drains 1', 'lb-2 waits 2'), { maxDraining: 2 }), 'waits 4'],
    ['asks nobody where it need not', undefined, queue(told('lb-1 drains 1'), { maxDraining: 0 }), 'drains 2'],
    ['nor where it takes nothing away', 'waits 4', queue(told('lb-1 drains 1'), { exempt: true }), 'drains 4'],
    ['nor then without a census', undefined, queue([], { exempt: true, census: UNKNOWN }), 'drains 0'],
  ])('%s', (_title, before, others, after) => {
    expect(stepTurn(before === undefined ? undefined : turn(before), others)).toStrictEqual(
      after === undefined ? undefined : turn(after),
    );
  });

  test.each<[string, Queue, string]>([
    ['its turn', queue([]), 'claims 4'],
    [
      'its turn: lb-1 drains, lb-2 comes first',
      queue(told('lb-2 waits 3', 'lb-1 drains 5', 'lb-4 waits 6')),
      'waits 4',
    ],
    ['its turn: the others are not known: no answer', queue([], { census: UNKNOWN }), 'waits 4'],
  ])('says that it waits for %s', (why, others, now) => {
    expect(turnAwaited(turn(now), others)).toBe(why);
  });
});

/** What is written of one node, and what it knows of that. */
interface Node {
  readonly name: string;
  wanted: boolean;
  now: Turn | undefined;
  /** How often what it tells has changed, and which of these was written and read behind. */
  telling: number;
  confirmed: number;
  census: Census;
  /** A write that is under way: it may land at any time before the next one, or be lost. */
  sent: { readonly telling: number; readonly turn: Turn | undefined } | undefined;
  landed: number;
}

type Doing = 'decide' | 'send' | 'land' | 'read' | 'want' | 'end' | 'restart' | 'crash';

/** Nodes that tell each other where they stand by one register that all of them read at one moment, as a list of Leases is. */
class Fleet {
  readonly nodes: readonly Node[];
  readonly #max: number;
  readonly #written = new Map<string, Turn>();
  /** In the order in which they came to drain. */
  readonly drained: string[] = [];
  most = 0;

  constructor(count: number, max: number) {
    this.#max = max;
    this.nodes = Array.from({ length: count }, (_, index) => ({
      name: `lb-${index + 1}`,
      wanted: false,
      now: undefined,
      telling: 0,
      confirmed: -1,
      census: UNKNOWN,
      sent: undefined,
      landed: -1,
    }));
  }

  do(doing: Doing, node: Node): void {
    if (doing === 'want') node.wanted = true;
    else if (doing === 'end') this.#tell(node, undefined, false);
    else if (doing === 'decide') this.#decide(node);
    else if (doing === 'send') node.sent = { telling: node.telling, turn: node.now };
    else if (doing === 'land') this.#land(node);
    else if (doing === 'read') this.#read(node);
    // It kept what it was at, and knows nothing of the others.
    else if (doing === 'restart') Object.assign(node, { telling: node.telling + 1, census: UNKNOWN });
    else
      Object.assign(node, {
        now: undefined,
        wanted: false,
        telling: node.telling + 1,
        census: UNKNOWN,
        sent: undefined,
      });
    this.most = Math.max(this.most, this.nodes.filter(({ now }) => now?.step === 'drains').length);
  }

  /** One whole round of each, in which nothing is lost. */
  round(): void {
    for (const doing of ['decide', 'send', 'land', 'read', 'decide'] as const) {
      for (const node of this.nodes) this.do(doing, node);
    }
  }

  #decide(node: Node): void {
    if (!node.wanted) return;
    const seen: Census = node.census.known
      ? { ...node.census, confirmed: node.confirmed === node.telling }
      : node.census;
    const next = stepTurn(node.now, { node: node.name, census: seen, maxDraining: this.#max, exempt: false });
    if (next?.step === 'drains' && node.now?.step !== 'drains') this.drained.push(node.name);
    if (next !== node.now && JSON.stringify(next) !== JSON.stringify(node.now)) this.#tell(node, next, true);
  }

  #tell(node: Node, now: Turn | undefined, wanted: boolean): void {
    Object.assign(node, { now, wanted, telling: node.telling + 1 });
  }

  #land(node: Node): void {
    if (node.sent === undefined) return;
    const { telling, turn: written } = node.sent;
    if (written === undefined) this.#written.delete(node.name);
    else this.#written.set(node.name, written);
    Object.assign(node, { sent: undefined, landed: telling });
  }

  /** A read proves what was written before it: while a write is under way there is none. */
  #read(node: Node): void {
    if (node.sent !== undefined) return;
    const turns = [...this.#written]
      .filter(([name]) => name !== node.name)
      .map(([name, one]) => ({ node: name, ...one }));
    Object.assign(node, { census: census(turns), confirmed: node.landed });
  }
}

/** All else happens far more often than that somebody ends, restarts or dies. */
const doing: fc.Arbitrary<Doing> = fc.oneof(
  { weight: 10, arbitrary: fc.constantFrom<Doing[]>('decide', 'send', 'land', 'read') },
  { weight: 3, arbitrary: fc.constant<Doing>('want') },
  { weight: 1, arbitrary: fc.constantFrom<Doing[]>('end', 'restart', 'crash') },
);

describe.each([1, 2, 3])('of several nodes at most %i drain at once', (max) => {
  const histories = fc.integer({ min: max + 1, max: 5 }).chain((count) =>
    fc.record({
      count: fc.constant(count),
      steps: fc.array(fc.tuple(doing, fc.nat(count - 1)), { maxLength: 300, size: 'max' }),
    }),
  );
  const play = ({ count, steps }: { count: number; steps: readonly (readonly [Doing, number])[] }): Fleet => {
    const fleet = new Fleet(count, max);
    for (const [what, index] of steps) fleet.do(what, fleet.nodes[index] as Node);
    return fleet;
  };

  test('however their writes and reads lie, and whoever dies', () => {
    let most = 0;
    fc.assert(
      fc.property(histories, (history) => {
        const fleet = play(history);
        most = Math.max(most, fleet.most);
        expect(fleet.most).toBeLessThanOrEqual(max);
      }),
      { numRuns: 2000 },
    );
    // It is no proof that nobody may ever drain.
    expect(most).toBe(max);
  });

  test('and each one that goes on asking has its turn', () => {
    fc.assert(
      fc.property(histories, (history) => {
        const fleet = play(history);
        const waiting = new Set(fleet.nodes.filter(({ now, wanted }) => wanted && now?.step !== 'drains'));
        for (let left = 40; left > 0 && waiting.size > 0; left--) {
          fleet.round();
          for (const node of fleet.nodes.filter(({ now }) => now?.step === 'drains')) {
            waiting.delete(node);
            fleet.do('end', node);
          }
        }
        expect([...waiting].map(({ name }) => name)).toStrictEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});

test('all that ask at one moment go one after the other, and one that comes later goes last', () => {
  const fleet = new Fleet(4, 1);
  const [first, ...later] = fleet.nodes as [Node, Node, Node, Node];
  for (const node of later) fleet.do('want', node);
  for (let left = 30; left > 0 && fleet.drained.length < 4; left--) {
    fleet.round();
    const now = fleet.nodes.find(({ now: one }) => one?.step === 'drains');
    if (now === undefined) continue;
    if (fleet.drained.length === 1) {
      fleet.do('want', first);
      for (let more = 3; more > 0; more--) fleet.round();
    }
    fleet.do('end', now);
  }
  expect(fleet.drained).toStrictEqual(['lb-2', 'lb-3', 'lb-4', 'lb-1']);
});
