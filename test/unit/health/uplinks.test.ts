import { expect, test } from 'vitest';
import { judgeUplinks, type Uplink } from '../../../src/health/uplinks.ts';

const link = (name: string, up = true): Uplink => ({ name, up });
const PEER = '10.22.108.1';

test.each<[what: string, now: Uplink | undefined, before: Uplink | undefined, ok: boolean, detail: string]>([
  ['up at the first look', link('eth0'), undefined, true, `${PEER} by eth0`],
  ['without carrier at the first look', link('eth0', false), undefined, false, `${PEER} by eth0, which is down`],
  ['no route at the first look', undefined, undefined, false, `${PEER} has no route`],
  ['lost its carrier', link('eth0', false), link('eth0', false), false, `${PEER} by eth0, which is down`],
  ['switched off, the default route left', link('eth9'), link('eth0', false), false, `${PEER} by eth0, which is down`],
  ['switched off, no route left', undefined, link('eth0', false), false, `${PEER} by eth0, which is down`],
  ['moved to another interface', link('eth1'), link('eth0'), true, `${PEER} by eth1`],
  ['deleted, and reached another way', link('eth1'), undefined, true, `${PEER} by eth1`],
])('the interface of a peer is %s', (_, now, before, ok, detail) => {
  expect(judgeUplinks([{ peer: PEER, now, before }])).toMatchObject({ ok, detail });
});

test('one dead interface of two is enough, and both are named', () => {
  const ways = [
    { peer: PEER, now: link('eth0'), before: link('eth0') },
    { peer: '10.22.109.1', now: link('eth1', false), before: link('eth1', false) },
  ];
  expect(judgeUplinks(ways)).toEqual({
    ok: false,
    detail: '10.22.108.1 by eth0; 10.22.109.1 by eth1, which is down',
    uplinks: new Map([
      [PEER, 'eth0'],
      ['10.22.109.1', 'eth1'],
    ]),
  });
});

test('the interface that is down is remembered, so that the default route does not take its place', () => {
  const { uplinks } = judgeUplinks([{ peer: PEER, now: link('eth9'), before: link('eth0', false) }]);
  expect(uplinks.get(PEER)).toBe('eth0');
});

test('without a peer there is nothing that could be down', () => {
  expect(judgeUplinks([])).toEqual({ ok: true, detail: 'no peer is known', uplinks: new Map() });
});
