import { describe, expect, test } from 'vitest';
import { readLinkSpeed } from '../../../src/agent/link-speed.ts';
import type { NodeIdentity } from '../../../src/agent/selector.ts';
import { type LinkSpeed, type Weight, weightOf } from '../../../src/agent/weight.ts';
import type { WeightRule } from '../../../src/config/config.ts';

const NODE: NodeIdentity = { node: 'lb-1', labels: { role: 'lb', rack: 'a' } };
const [NONE, TEN, TWENTY_FIVE] = [undefined, 1_250_000_000, 3_125_000_000];

const byName = (weight: WeightRule['weight'], ...names: string[]): WeightRule => ({
  nodes: { names, labels: {} },
  weight,
});
const byLabel = (weight: WeightRule['weight'], labels: Record<string, string>): WeightRule => ({
  nodes: { names: [], labels },
  weight,
});
const forAll = (weight: WeightRule['weight']): WeightRule => ({ nodes: undefined, weight });

const weigh = (rules: readonly WeightRule[], node = NODE, speed: LinkSpeed = AT_TEN): Weight =>
  weightOf(rules, node, () => speed);
const mustNotLook = (): LinkSpeed => {
  throw new Error('looked');
};
const AT_TEN: LinkSpeed = { interface: 'eth0', megabitsPerSecond: 10_000 };

describe('the weight of this node', () => {
  test.each<[string, WeightRule[], number | undefined]>([
    ['is none without a rule', [], NONE],
    ['is in units of 1 Gbit/s', [forAll(10)], TEN],
    ['is that of its name', [byName(25, 'lb-2', 'lb-1'), forAll(10)], TWENTY_FIVE],
    ['is not that of another name', [byName(25, 'lb-2'), forAll(10)], TEN],
    ['is that of its labels', [byLabel(25, { role: 'lb', rack: 'a' }), forAll(10)], TWENTY_FIVE],
    ['needs all of the labels', [byLabel(25, { role: 'lb', rack: 'b' }), forAll(10)], TEN],
    ['is by the first rule that means it', [forAll(10), byName(25, 'lb-1')], TEN],
    ['is none where no rule means it', [byName(25, 'lb-2')], NONE],
    ['is what its link is capable of', [forAll('capacity')], TEN],
  ])('%s', (_title, rules, linkBandwidth) => {
    expect(weigh(rules)).toStrictEqual({ linkBandwidth, problem: undefined });
  });

  test('is not that of labels which are not known', () => {
    const unknown = { ...NODE, labels: undefined };
    expect(weigh([byLabel(25, { role: 'lb' }), forAll(10)], unknown)).toHaveProperty('linkBandwidth', TEN);
  });

  test.each<[LinkSpeed, string]>([
    [{ interface: 'eth0', megabitsPerSecond: undefined }, 'the kernel gives eth0 no speed'],
    [{ interface: undefined, megabitsPerSecond: undefined }, 'no interface leads to the first peer'],
  ])('is none, with a problem, at a speed of %o', (speed, problem) => {
    expect(weigh([forAll('capacity')], NODE, speed)).toStrictEqual({ linkBandwidth: undefined, problem });
    expect(weigh([forAll(10)], NODE, speed)).toStrictEqual({ linkBandwidth: TEN, problem: undefined });
  });

  test('is worked out without a look at the link where no rule asks for one', () => {
    expect(weightOf([byName('capacity', 'lb-2'), forAll(10)], NODE, mustNotLook).linkBandwidth).toBe(TEN);
  });
});

describe('the speed of a link is read from the kernel, and is unknown', () => {
  test.each([['lo'], ['no-such-link'], [undefined]])('of %s', (name) => {
    expect(readLinkSpeed(name)).toStrictEqual({ interface: name, megabitsPerSecond: undefined });
  });
});
