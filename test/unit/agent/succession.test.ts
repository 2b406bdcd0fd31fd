import { beforeEach, expect, test } from 'vitest';
import { Succession, type Term } from '../../../src/agent/succession.ts';
import type { Drain } from '../../../src/model/drain.ts';
import type { Status } from '../../../src/model/status.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const DRAIN = WITHDRAWN.drain as Drain;
const A = '10.99.66.0/23';
const B = '10.99.80.0/24';

let did: string[];
let told: boolean;
let drain: Drain | undefined;
let refused: Error | undefined;
let agents: Succession;

const termFor = (name: string): Term => ({
  agent: {
    status: (): Status => ({ ...STATUS, node: name, drain }),
    idleMs: 7,
    orderDrain: () => DRAIN,
    callOffDrain: () => undefined,
    explain: async () => Promise.reject(new Error(`${name} was asked`)),
    traffic: async () => ({ known: false, why: `${name} was asked` }),
    withdraw: async (gone) => {
      if (gone.length > 0) did.push(`${name} withdraws ${gone.join(' ')}`);
      return told || gone.length === 0;
    },
  },
  stop: async () => did.push(`${name} stops`) > 0,
  handOver: async () => void did.push(`${name} hands over`),
});

beforeEach(() => {
  did = [];
  told = true;
  drain = undefined;
  refused = undefined;
  agents = new Succession({
    begin: async (ranges) => {
      if (refused) throw refused;
      did.push(`begin ${ranges.join(' ')}`);
      return termFor(ranges.join('+'));
    },
    waiting: () => ({ ...STATUS, node: 'nobody' }),
    log: { info: () => {} },
  });
});

test('before the first agent there is a status, no order is taken, and nothing hangs', async () => {
  expect(agents.status().node).toBe('nobody');
  expect(agents.idleMs).toBe(0);
  expect(() => agents.orderDrain(undefined, false)).toThrow('no agent is in service');
  expect(() => agents.callOffDrain()).toThrow('no agent is in service');
  await expect(agents.explain('web')).rejects.toThrow('no agent is in service');
  expect(await agents.traffic()).toStrictEqual({ known: false, why: 'no agent is in service yet' });
  expect(await agents.stop()).toBe(false);
  await agents.handOver();
});

test('one more range is the next agent’s; the same ones are nobody’s', async () => {
  await agents.become([A]);
  await agents.become([A]);
  await agents.become([A, B]);
  expect(did).toStrictEqual([`begin ${A}`, `${A} hands over`, `begin ${A} ${B}`]);
  expect(agents.status().node).toBe(`${A}+${B}`);
  expect(agents.orderDrain(undefined, false)).toBe(DRAIN);
  await expect(agents.explain('web')).rejects.toThrow(`${A}+${B} was asked`);
  expect(await agents.traffic()).toMatchObject({ why: `${A}+${B} was asked` });
  expect(agents.idleMs).toBe(7);
  expect(await agents.stop()).toBe(true);
});

test('a range that goes is withdrawn first, again and again until every peer has been told', async () => {
  await agents.become([A, B]);
  told = false;
  await agents.become([A]);
  await agents.become([A]);
  told = true;
  await agents.become([A]);
  const [withdraws, name] = [`${A}+${B} withdraws ${B}`, `${A}+${B}`];
  expect(did).toStrictEqual([`begin ${A} ${B}`, withdraws, withdraws, withdraws, `${name} hands over`, `begin ${A}`]);
});

test('one that is back before every peer has been told is announced again by the same agent', async () => {
  await agents.become([A, B]);
  told = false;
  await agents.become([A]);
  await agents.become([A, B]);
  expect(did).toStrictEqual([`begin ${A} ${B}`, `${A}+${B} withdraws ${B}`]);
});

test('while the node drains its agent stays', async () => {
  await agents.become([A]);
  drain = DRAIN;
  await agents.become([B]);
  expect(did).toStrictEqual([`begin ${A}`]);
  drain = undefined;
  await agents.become([B]);
  expect(did.at(-1)).toBe(`begin ${B}`);
});

test('where the next agent cannot be made, that is an error, and no order is taken any more', async () => {
  await agents.become([A]);
  refused = new Error('no such kernel');
  await expect(agents.become([B])).rejects.toThrow('no such kernel');
  expect(() => agents.orderDrain(undefined, false)).toThrow('no agent is in service');
});
