import { beforeEach, expect, test } from 'vitest';
import { HandOverOrder, ordersOf } from '../../../src/agent/orders.ts';
import type { Orders } from '../../../src/http/orders.ts';
import { WITHDRAWN } from '../http/status.ts';

const { drain } = WITHDRAWN;
let now: number;
let asked: unknown[];
let logged: unknown[];
let handOver: HandOverOrder;
let orders: Orders;

const agents = {
  orderDrain: (...args: readonly unknown[]) => {
    asked.push(args);
    return drain;
  },
  callOffDrain: () => undefined,
};

beforeEach(() => {
  now = 1000;
  asked = [];
  logged = [];
  handOver = new HandOverOrder(() => now);
  orders = ordersOf(agents, handOver, { info: ({ event }: { event: string }) => void logged.push(event) });
});

test('an order to hand over stands for its time, and no longer', () => {
  expect(handOver.until).toBeUndefined();
  expect(orders.handOver(500)).toBe(1500);
  now = 1499;
  expect(handOver.until).toBe(1500);
  now = 1500;
  expect(handOver.until).toBeUndefined();
  expect(logged).toStrictEqual(['hand-over-ordered']);
});

test('it can be called off', () => {
  orders.handOver(500);
  expect(orders.handOver(0)).toBeUndefined();
  expect(handOver.until).toBeUndefined();
  expect(logged).toStrictEqual(['hand-over-ordered', 'hand-over-called-off']);
});

test('an agent that is to hand over does not drain for its own end', () => {
  orders.handOver(500);
  expect(orders.drain(25_000, true)).toBeUndefined();
  expect(asked).toStrictEqual([]);
  now = 2000;
  expect(orders.drain(25_000, true)).toBe(drain);
});

test('a drain for longer than that calls the hand-over off', () => {
  orders.handOver(500);
  expect(orders.drain(undefined, false)).toBe(drain);
  expect(asked).toStrictEqual([[undefined, false]]);
  expect(handOver.until).toBeUndefined();
});

test('where it cannot be taken, the hand-over stands', () => {
  const failing = {
    ...agents,
    orderDrain: () => {
      throw new Error('no agent is in service at the moment');
    },
  };
  orders = ordersOf(failing, handOver, { info: () => undefined });
  orders.handOver(500);
  expect(() => orders.drain(undefined, false)).toThrow('no agent');
  expect(handOver.until).toBe(1500);
});
