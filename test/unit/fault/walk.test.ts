import { assert, integer, property } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FACTS, type Lb, LBS } from '../../fault/cluster.ts';
import { absences, type Able, blackHoles } from '../../fault/walk/judge.ts';
import { able, after, choose, mendingAll, type Model, type Step, wholeModel } from '../../fault/walk/model.ts';
import { Random } from '../../kernel/random.ts';

function walked(seed: number, steps: number): { model: Model; taken: Step[] } {
  const random = new Random(seed);
  const taken: Step[] = [];
  let model = wholeModel;
  for (let i = 0; i < steps; i++) {
    const step = choose(model, random);
    taken.push(step);
    model = after(model, step);
  }
  return { model, taken };
}

describe('the model of the walk', () => {
  test('gives the same steps again for the same seed', () => {
    expect(walked(7, 50).taken).toEqual(walked(7, 50).taken);
    expect(walked(8, 50).taken).not.toEqual(walked(7, 50).taken);
  });

  test('is whole again after all has been mended, wherever the walk was', () => {
    assert(
      property(integer({ min: 0, max: 2 ** 31 }), integer({ min: 0, max: 60 }), (seed, steps) => {
        const { model } = walked(seed, steps);
        expect(mendingAll(model).reduce(after, model)).toEqual(wholeModel);
      }),
    );
  });

  test('does everything it can sooner or later, and keeps a node that can serve most of the time', () => {
    const kinds = new Set(walked(1, 2000).taken.map(({ do: what }) => what));
    expect(kinds.size).toBe(20);
    const random = new Random(1);
    let model = wholeModel;
    let alone = 0;
    for (let i = 0; i < 1000; i++) {
      model = after(model, choose(model, random));
      if (able(model).length === 0) alone++;
    }
    expect(alone).toBeGreaterThan(10);
    expect(alone).toBeLessThan(300);
  });

  test('knows tables that somebody changed as right once an agent runs', () => {
    const broken: Step[] = [
      { on: 'lb1', do: 'kill-agent' },
      { on: 'lb1', do: 'flush-ipvs' },
    ];
    const model = broken.reduce(after, wholeModel);
    expect(model.nodes.lb1.tables).toBe('wrong');
    expect(after(model, { on: 'lb1', do: 'start-agent' })).toEqual(wholeModel);
    expect(after(wholeModel, { on: 'lb1', do: 'flush-ipvs' })).toEqual(wholeModel);
  });
});

const bounds = { returnMs: 1000, blackHoleMs: 500, unwatchedMs: 2000, gapMs: 20 };
const from = (at: number, ...lbs: Lb[]) => ({ at, lbs, watched: [...LBS] });
const all = [from(0, ...LBS)];
const request = (at: number, lb: Lb, isLost: boolean) => ({
  at,
  tookMs: 1,
  lb: undefined,
  pod: undefined,
  error: isLost ? 'timed out' : undefined,
  address: FACTS[lb].direct,
});

describe('a range that is off the network', () => {
  const routes = [
    { at: 0, nexthops: ['lb1'] },
    { at: 5000, nexthops: [] },
    { at: 5100, nexthops: ['lb1'] },
  ];
  const judged = (able_: readonly Able[], begin = 0): string[] =>
    absences({ able: able_, routes, direct: [] }, begin, 9000, bounds);

  test('is a violation while a node could serve it', () => {
    expect(judged(all)).toEqual(['the range was off the network for 100 ms although lb1 could serve it']);
    expect(judged([from(0, 'lb2')])).toHaveLength(1);
  });

  test('is none where nobody could, where the one who can has only just been mended, or before the time judged', () => {
    expect(judged([from(0)])).toEqual([]);
    expect(judged([from(0), from(4500, 'lb1')])).toEqual([]);
    expect(judged([from(0), from(3900, 'lb1')])).toHaveLength(1);
    expect(judged(all, 5200)).toEqual([]);
  });

  test('is none where it is shorter than the switch takes to change its own route', () => {
    const blink = [
      { at: 0, nexthops: [] },
      { at: 15, nexthops: ['lb1'] },
    ];
    expect(absences({ able: all, routes: blink, direct: [] }, 0, 9000, bounds)).toEqual([]);
  });
});

describe('a node that is used while requests through it fail', () => {
  const routes = [{ at: 0, nexthops: ['lb1', 'lb2'] }];
  const failing = [0, 200, 400, 600].map((at) => request(5000 + at, 'lb1', true));
  const judged = (direct: typeof failing, able_ = all): string[] =>
    blackHoles({ able: able_, routes, direct }, 0, 9000, bounds);

  test('is a violation beyond its bound', () => {
    expect(judged(failing)).toEqual([
      'lb1 was used for 600 ms while requests through it failed, 600 ms of it under the eyes of an agent',
    ]);
    expect(judged(failing.slice(1))).toEqual([]);
  });

  test('is none where a request comes through in between, where it is not used, or where nobody could stand in', () => {
    expect(judged([...failing, request(5300, 'lb1', false)])).toEqual([]);
    expect(judged(failing.map((one) => ({ ...one, address: FACTS.lb3.direct })))).toEqual([]);
    expect(judged(failing, [from(0, 'lb1')])).toEqual([]);
  });

  test('has the longer bound where no agent runs that could notice, or one that has only just begun', () => {
    const long = [0, 500, 1000, 1500, 2000, 2500].map((at) => request(5000 + at, 'lb1', true));
    const nobody = [{ ...from(0, ...LBS), watched: [] }];
    expect(judged(failing, nobody)).toEqual([]);
    expect(judged(failing, [...nobody, from(4500, ...LBS)])).toEqual([]);
    expect(judged(long, nobody)).toHaveLength(1);
  });
});
