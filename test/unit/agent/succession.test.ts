import { beforeEach, expect, test } from 'vitest';
import type { Legacy } from '../../../src/agent/legacy.ts';
import { Succession, type Term } from '../../../src/agent/succession.ts';
import type { Config } from '../../../src/config/config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Drain } from '../../../src/model/drain.ts';
import type { Status } from '../../../src/model/status.ts';
import { fileWith } from '../config/file-with.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const DRAIN = WITHDRAWN.drain as Drain;
const A = '10.99.66.0/23';
const B = '10.99.80.0/24';

let did: string[];
let told: boolean;
let drain: Drain | undefined;
let refused: string[];
let heirs: (string | undefined)[];
let agents: Succession;

const CONFIG = parseConfig(fileWith({}), 'lb-1').config as Config;
const configWith = (ranges: readonly string[], bgp: Partial<Config['bgp']> = {}): Config => ({
  ...CONFIG,
  ranges,
  bgp: { ...CONFIG.bgp, ...bgp },
});

const termFor = (name: string): Term => ({
  agent: {
    legacy: { config: { node: name } } as Legacy,
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
  refused = [];
  heirs = [];
  agents = new Succession({
    begin: async ({ ranges }, legacy) => {
      if (refused.includes(ranges.join(' '))) throw new Error('no such kernel');
      did.push(`begin ${ranges.join(' ')}`);
      heirs.push(legacy?.config.node);
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
  await agents.become(configWith([A]));
  await agents.become(configWith([A]));
  await agents.become(configWith([A, B]));
  expect(did).toStrictEqual([`begin ${A}`, `${A} hands over`, `begin ${A} ${B}`]);
  expect(agents.status().node).toBe(`${A}+${B}`);
  expect(agents.orderDrain(undefined, false)).toBe(DRAIN);
  await expect(agents.explain('web')).rejects.toThrow(`${A}+${B} was asked`);
  expect(await agents.traffic()).toMatchObject({ why: `${A}+${B} was asked` });
  expect(agents.idleMs).toBe(7);
  expect(await agents.stop()).toBe(true);
});

test('a range that goes is withdrawn first, again and again until every peer has been told', async () => {
  await agents.become(configWith([A, B]));
  told = false;
  await agents.become(configWith([A]));
  await agents.become(configWith([A]));
  told = true;
  await agents.become(configWith([A]));
  const [withdraws, name] = [`${A}+${B} withdraws ${B}`, `${A}+${B}`];
  expect(did).toStrictEqual([`begin ${A} ${B}`, withdraws, withdraws, withdraws, `${name} hands over`, `begin ${A}`]);
});

test('one that is back before every peer has been told is announced again by the same agent', async () => {
  await agents.become(configWith([A, B]));
  told = false;
  await agents.become(configWith([A]));
  await agents.become(configWith([A, B]));
  expect(did).toStrictEqual([`begin ${A} ${B}`, `${A}+${B} withdraws ${B}`]);
});

test('while the node drains its agent stays', async () => {
  await agents.become(configWith([A]));
  drain = DRAIN;
  await agents.become(configWith([B]));
  expect(did).toStrictEqual([`begin ${A}`]);
  drain = undefined;
  await agents.become(configWith([B]));
  expect(did.at(-1)).toBe(`begin ${B}`);
});

test('another configuration is another agent’s, with what the one before it has left', async () => {
  expect(await agents.become(configWith([A]))).toBe(true);
  expect(await agents.become(configWith([A], { peers: [] }))).toBe(true);
  expect(did).toStrictEqual([`begin ${A}`, `${A} hands over`, `begin ${A}`]);
  expect(heirs).toStrictEqual([undefined, A]);
});

test('what is put off is said', async () => {
  await agents.become(configWith([A]));
  drain = DRAIN;
  expect(await agents.become(configWith([A]))).toBe(true);
  expect(await agents.become(configWith([B]))).toBe(false);
  drain = undefined;
  told = false;
  expect(await agents.become(configWith([B]))).toBe(false);
});

test('two that are asked for at the same time are made one after the other', async () => {
  await agents.become(configWith([A]));
  await Promise.all([agents.become(configWith([A, B])), agents.become(configWith([A]))]);
  const [both, last] = [`${A}+${B}`, did.slice(-3)];
  expect(last).toStrictEqual([`${both} withdraws ${B}`, `${both} hands over`, `begin ${A}`]);
});

test('where the next agent cannot be made, the one of before is made again', async () => {
  await agents.become(configWith([A]));
  refused = [B];
  await expect(agents.become(configWith([B]))).rejects.toThrow('no such kernel');
  expect(did.slice(-2)).toStrictEqual([`${A} hands over`, `begin ${A}`]);
  expect(heirs.at(-1)).toBe(A);
  expect(agents.orderDrain(undefined, false)).toBe(DRAIN);
});

test('where that fails as well, no order is taken any more', async () => {
  await agents.become(configWith([A]));
  refused = [A, B];
  await expect(agents.become(configWith([B]))).rejects.toThrow('no such kernel');
  expect(() => agents.orderDrain(undefined, false)).toThrow('no agent is in service');
});
