import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Fencing, fenceStep, peersToFence } from '../../../src/agent/fencing.ts';
import type { BgpState } from '../../../src/bgp/speaker.ts';
import type { Census } from '../../../src/model/census.ts';
import { FakeFence } from '../../scenario/agent-kernel.ts';

const NOW = 100_000;
const WELL = { reachable: true, silent: false, withdrawingSince: undefined };
const GONE = { ...WELL, reachable: false };
const SILENT = { ...GONE, silent: true };
const WITHDRAWING = { ...SILENT, withdrawingSince: NOW };

describe('the fence around a gobgpd that', () => {
  test.each<[string, Parameters<typeof fenceStep>[0], string, boolean?]>([
    ['answers and has nothing to withdraw is lifted', WELL, 'lift'],
    ['is silent is raised', SILENT, 'raise'],
    ['is silent where the others cannot do without this node is left as it is', SILENT, 'leave', false],
    ['is silent and was to withdraw, which the others allowed, is raised', WITHDRAWING, 'raise', false],
    ['answers where the others cannot do without this node is lifted', WELL, 'lift', false],
    ['is silent and has a withdrawal before it is raised at once', WITHDRAWING, 'raise'],
    ['is not there is left as it is', GONE, 'leave'],
    ['is about to withdraw is left as it is', { ...WELL, withdrawingSince: NOW - 999 }, 'leave'],
    ['answers and does not withdraw is raised', { ...WELL, withdrawingSince: NOW - 1000 }, 'raise'],
    ['cannot be asked to withdraw is raised', { ...GONE, withdrawingSince: NOW - 1000 }, 'raise'],
  ])('%s', (_, state, expected, isSpare = true) => {
    expect(fenceStep(state, NOW, isSpare).kind).toBe(expected);
  });
});

test('a fence cuts the sessions with all peers that gobgpd may still have', () => {
  const [a, b, moved] = ['10.22.108.1', '10.22.108.2', '10.22.108.1'].map((address, index) => ({
    address,
    port: index,
  }));
  if (!a || !b || !moved) throw new Error('unreachable');
  expect(peersToFence([a], [b], true)).toStrictEqual([b]);
  expect(peersToFence([a], [b], false)).toStrictEqual([a, b]);
  expect(peersToFence([a], [moved, b], false)).toStrictEqual([moved, b]);
});

describe('an agent', () => {
  let fence: FakeFence;
  let state: Pick<BgpState, 'reachable' | 'silent' | 'withdrawingSince'>;
  let census: Census;
  let lines: { event: string; why?: string }[];
  let details: (string | undefined)[];
  let fencing: Fencing;

  beforeEach(() => {
    vi.useFakeTimers();
    fence = new FakeFence();
    state = WELL;
    census = { known: true, turns: [], others: [{ node: 'lb-2', state: 'announced', faults: [] }], confirmed: true };
    lines = [];
    details = [];
    const parts = {
      config: {
        announcement: { minimumAnnouncers: 1 },
        bgp: { listenPort: -1 },
      },
      peers: { resolved: { peers: [{ address: '10.22.108.1', as: 64500, port: 179 }], problems: [] } },
      fence,
      log: { info: (line: { event: string }) => void lines.push(line) },
      speaker: { state: () => state },
      presence: { census: () => census },
    };
    fencing = new Fencing(parts as unknown as ConstructorParameters<typeof Fencing>[0], () =>
      details.push(fencing.detail),
    );
  });
  afterEach(async () => {
    await fencing.stop();
    vi.useRealTimers();
  });

  async function become(next: typeof state): Promise<void> {
    state = next;
    fencing.look();
    await vi.advanceTimersByTimeAsync(0);
  }

  test('that finds no fence says nothing, and looks for one once', async () => {
    await become(WELL);
    await vi.advanceTimersByTimeAsync(10_000);
    expect([fence.raises, fence.lifts, lines, details]).toEqual([0, 1, [], []]);
  });

  test('raises it once in words, and again and again in deed, until gobgpd answers', async () => {
    await become(SILENT);
    expect(fence.raised).toEqual({ peers: [expect.objectContaining({ port: 179 })], listenPort: undefined });
    await vi.advanceTimersByTimeAsync(1000);
    expect(fence.raises).toBe(5);
    await become(WELL);
    await vi.advanceTimersByTimeAsync(1000);
    expect([fence.raised, fence.raises, fence.lifts]).toEqual([undefined, 5, 1]);
    expect(lines.map(({ event }) => event)).toEqual(['fence-raised', 'fence-lifted']);
    expect(details).toEqual(['gobgpd takes calls and does not answer them', undefined]);
  });

  test.each<[string, Partial<Census>]>([
    ['no other node announces', { others: [{ node: 'lb-2', state: 'deprioritised', faults: [] }] }],
    ['the others have not been read since they could see it', { confirmed: false }],
    ['the others are not known', { known: false, why: 'the API server does not answer' }],
  ])('raises none around a silent gobgpd while %s', async (_, found) => {
    const others = census;
    census = { ...census, ...found } as Census;
    await become(SILENT);
    await vi.advanceTimersByTimeAsync(1000);
    expect(fence.raises).toBe(0);
    census = others;
    await vi.advanceTimersByTimeAsync(250);
    expect(fence.raises).toBe(1);
  });

  test('raises it when a withdrawal gets overdue, though nothing tells of that', async () => {
    await become({ ...WELL, withdrawingSince: performance.now() });
    await vi.advanceTimersByTimeAsync(750);
    expect(fence.raises).toBe(0);
    await vi.advanceTimersByTimeAsync(250);
    expect(fence.raises).toBe(1);
  });

  test('raises none around a gobgpd that has ended before it could withdraw, and one where it cannot be asked any more', async () => {
    fence.open = false;
    await become({ ...GONE, withdrawingSince: performance.now() - 2000 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(fence.raises).toBe(0);
    fence.open = true;
    await vi.advanceTimersByTimeAsync(250);
    expect(fence.raises).toBe(1);
  });

  test('keeps it while gobgpd is gone: what that will announce when it is back is not known', async () => {
    await become(SILENT);
    await become(GONE);
    await vi.advanceTimersByTimeAsync(1000);
    expect(fence.raised).toBeDefined();
    expect(fence.raises).toBe(6);
    expect(details).toEqual(['gobgpd takes calls and does not answer them']);
  });

  test('lifts what an earlier one has left when gobgpd answers, and not before', async () => {
    fence.raised = { peers: [], listenPort: undefined };
    await become(GONE);
    await vi.advanceTimersByTimeAsync(1000);
    expect(fence.raised).toBeDefined();
    await become(WELL);
    expect(fence.raised).toBeUndefined();
    expect(lines.map(({ event }) => event)).toEqual(['fence-lifted']);
  });

  test('tells what keeps it from being whole, and tries again', async () => {
    fence.problems = ['nft is missing'];
    await become(SILENT);
    expect(fencing.detail).toBe('gobgpd takes calls and does not answer them; nft is missing');
    fence.problems = [];
    await vi.advanceTimersByTimeAsync(250);
    expect(fencing.detail).toBe('gobgpd takes calls and does not answer them');
  });

  test('does not take one for lifted that could not be', async () => {
    await become(SILENT);
    fence.problems = ['nft is missing'];
    await become(WELL);
    expect(fencing.detail).toBe('gobgpd takes calls and does not answer them; nft is missing');
    fence.problems = [];
    await vi.advanceTimersByTimeAsync(250);
    expect([fence.raised, fencing.detail]).toEqual([undefined, undefined]);
    expect(lines.map(({ event }) => event)).toEqual(['fence-raised', 'fence-lifted']);
  });

  test('that ends leaves it as it is', async () => {
    await become(SILENT);
    await fencing.stop();
    expect([fence.closed, fence.raised !== undefined, fence.lifts]).toEqual([true, true, 0]);
  });
});
