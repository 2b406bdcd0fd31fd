import { describe, expect, test } from 'vitest';
import { runRound } from '../../../src/health/round.ts';
import type { Attempt } from '../../../src/health/targets.ts';
import type { Family } from '../../../src/model/address.ts';
import type { VirtualServer } from '../../../src/model/virtual-server.ts';

const server = (address: string, port = 80): VirtualServer => ({
  protocol: 'tcp',
  address,
  port,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: [{ address: address.includes(':') ? 'fd00:10::101' : '10.1.0.101', port: 8080, weight: 1 }],
});
const [WEB, WEB6] = [server('10.99.66.10'), server('fd99:66::10')];
const [CANARY, CANARY6] = [server('10.99.66.0', 9), server('fd99:66::', 9)];

/** A round against a path where everything connects but what is said to end otherwise. */
async function round(
  families: readonly Family[],
  ends: Readonly<Record<string, Attempt | Error>>,
  virtualServers: readonly VirtualServer[] = [WEB, WEB6],
  canaries: readonly VirtualServer[] = [CANARY, CANARY6],
) {
  const tried: string[] = [];
  const attempt = async ({ address }: VirtualServer): Promise<Attempt> => {
    tried.push(address);
    const end = ends[address] ?? 'connected';
    if (end instanceof Error) throw end;
    return end;
  };
  const outcome = await runRound({ families, canaries, virtualServers, number: 0, attempt });
  return { ...outcome, tried: new Set(tried) };
}

const BOTH: readonly Family[] = ['ipv4', 'ipv6'];

describe('a round over both families', () => {
  test('is good where both are proven, and names each', async () => {
    expect(await round(BOTH, {})).toMatchObject({
      ok: true,
      detail: 'IPv4: 10.99.66.10:80 connected; IPv6: [fd99:66::10]:80 connected',
    });
  });

  test.each<[string, string, string]>([
    ['IPv4', '10.99.66.10', 'IPv4: 10.99.66.10:80 timed-out; IPv6: [fd99:66::10]:80 connected'],
    ['IPv6', 'fd99:66::10', 'IPv4: 10.99.66.10:80 connected; IPv6: [fd99:66::10]:80 timed-out'],
  ])('is bad where %s alone is broken', async (_, address, detail) => {
    expect(await round(BOTH, { [address]: 'timed-out' })).toMatchObject({ ok: false, detail });
  });

  test('asks the canary of the family that cannot tell, and no other', async () => {
    expect(await round(BOTH, { 'fd99:66::10': 'refused' })).toEqual({
      ok: true,
      detail: 'IPv4: 10.99.66.10:80 connected; IPv6: [fd99:66::10]:80 refused, [fd99:66::]:9 connected (canary)',
      tried: new Set(['10.99.66.10', 'fd99:66::10', 'fd99:66::']),
    });
  });

  test('asks the canary of a family without a virtual server', async () => {
    expect(await round(BOTH, { 'fd99:66::': 'timed-out' }, [WEB])).toMatchObject({
      ok: false,
      detail: 'IPv4: 10.99.66.10:80 connected; IPv6: [fd99:66::]:9 timed-out (canary)',
    });
  });

  test('is neither good nor bad where a family has no socket to give, and still tells of the other', async () => {
    expect(await round(BOTH, { 'fd99:66::10': new Error('no IPv6 here') })).toEqual({
      broken: 'IPv4: 10.99.66.10:80 connected; IPv6: no IPv6 here',
      tried: expect.anything(),
    });
  });

  test('is bad where one family is, whatever became of the other', async () => {
    const ends = { 'fd99:66::10': new Error('no IPv6 here'), '10.99.66.10': 'timed-out' } as const;
    expect(await round(BOTH, ends)).toMatchObject({
      ok: false,
      detail: 'IPv4: 10.99.66.10:80 timed-out; IPv6: no IPv6 here',
    });
  });
});

test('a family that is not to be proven is not tried', async () => {
  expect(await round(['ipv4'], { 'fd99:66::10': 'timed-out' })).toEqual({
    ok: true,
    detail: '10.99.66.10:80 connected',
    tried: new Set(['10.99.66.10']),
  });
});

describe('without a canary', () => {
  test('a family with nothing to try says nothing, and the other decides', async () => {
    expect(await round(BOTH, { '10.99.66.10': 'timed-out' }, [WEB], [])).toMatchObject({
      ok: false,
      detail: 'IPv4: 10.99.66.10:80 timed-out',
    });
  });

  test('with nothing to try at all there is no verdict', async () => {
    expect(await round(BOTH, {}, [], [])).toEqual({ tried: new Set() });
  });
});
