import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Attempt,
  describe as inWords,
  judge,
  judgeAlone,
  probeable,
  targetsOf,
} from '../../../src/health/targets.ts';
import type { VirtualServer } from '../../../src/model/virtual-server.ts';

const server = (port: number, fields: Partial<VirtualServer> = {}): VirtualServer => ({
  protocol: 'tcp',
  address: '10.99.66.10',
  port,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: [{ address: '10.1.0.101', port: 8080, weight: 1 }],
  ...fields,
});
const real = (weight: number) => ({ address: '10.1.0.101', port: 8080, weight });

test('only TCP with a real server that takes new connections can be probed', () => {
  const servers = [
    server(1),
    server(2, { protocol: 'udp' }),
    server(3, { protocol: 'sctp' }),
    server(4, { realServers: [] }),
    server(5, { realServers: [real(0)] }),
    server(6, { realServers: [real(0), real(1)] }),
  ];
  expect(probeable(servers).map(({ port }) => port)).toStrictEqual([1, 6]);
});

const ports = (count: number, round: number): number[] =>
  targetsOf(
    Array.from({ length: count }, (_, i) => server(i)),
    round,
  ).map(({ port }) => port);

describe('the targets of a round', () => {
  test.each([
    [0, 0, []],
    [1, 4, [0, 0, 0]],
    [2, 0, [0, 1, 0]],
    [3, 7, [0, 1, 2]],
    [5, 0, [0, 1, 2]],
    [5, 1, [3, 4, 0]],
    [5, 2, [1, 2, 3]],
  ])('of %i candidates in round %i are %j', (count, round, expected) => {
    expect(ports(count, round)).toStrictEqual(expected);
  });

  test('property: every candidate has its turn within as many rounds as there are threes of them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 60 }), fc.nat(1000), (count, first) => {
        const rounds = Array.from({ length: Math.ceil(count / 3) }, (_, i) => ports(count, first + i));
        expect(new Set(rounds.flat()).size).toBe(count);
        for (const round of rounds) expect(new Set(round).size).toBe(Math.min(count, 3));
      }),
    );
  });
});

const resultsOf = (attempts: readonly Attempt[]) =>
  attempts.map((attempt, port) => ({ target: server(port), attempt }));
const verdictOf = (...attempts: Attempt[]) => judge(resultsOf(attempts));

describe('the verdict without a canary', () => {
  test.each<[string, Attempt[], boolean | undefined]>([
    ['one connection proves the path', ['refused', 'connected'], true],
    ['a refusal is an answer, and so proves it too', ['refused', 'refused'], true],
    ['lost packets prove that it is broken', ['refused', 'timed-out'], false],
    ['no route proves that it is broken', ['failed'], false],
    ['with nothing to try, there is none', [], undefined],
  ])('%s', (_, attempts, expected) => {
    expect(judgeAlone(resultsOf(attempts))?.ok).toBe(expected);
  });

  test('says of a refusal what it proves', () => {
    expect(judgeAlone(resultsOf(['refused']))?.detail).toBe(
      '10.99.66.10:0 refused: the path answers, though no real server accepts',
    );
  });
});

describe('the verdict', () => {
  test.each<[string, Attempt[], boolean | 'ask-canary']>([
    ['one connection proves the path', ['connected'], true],
    ['one connection proves it whatever becomes of the others', ['timed-out', 'refused', 'connected'], true],
    ['with nothing to try, the canary tells', [], 'ask-canary'],
    ['pods that do not listen are no proof of a broken path', ['refused', 'refused'], 'ask-canary'],
    ['lost packets are one', ['timed-out'], false],
    ['lost packets are one beside refusals too', ['refused', 'timed-out'], false],
    ['no route is one', ['failed'], false],
  ])('%s', (_, attempts, expected) => {
    const verdict = verdictOf(...attempts);
    expect(verdict === 'ask-canary' ? verdict : verdict.ok).toBe(expected);
  });

  test('names every address tried and how it ended', () => {
    expect(verdictOf('timed-out', 'failed')).toHaveProperty('detail', '10.99.66.10:0 timed-out, 10.99.66.10:1 failed');
    expect(inWords([{ target: { address: 'fd99:66::a', port: 80 }, attempt: 'connected' }])).toBe(
      '[fd99:66::a]:80 connected',
    );
  });
});
