import { beforeAll, describe, expect, test } from 'vitest';
import type { Notice } from '../../src/dataplane/netlink/notices.ts';
import { driveInOwnNetns } from './own-netns.ts';

interface Seen {
  readonly heard: Readonly<Record<string, readonly Notice[]>>;
  readonly looks: Readonly<Record<string, unknown>>;
  readonly nft?: string;
  readonly closedInMs: number;
}

let seen: Seen;
beforeAll(() => {
  seen = driveInOwnNetns(new URL('monitor-driver.ts', import.meta.url)) as unknown as Seen;
}, 60_000);

describe('the kernel says at once that', () => {
  test.each<[change: string, notice: Notice]>([
    ['loopback on', { kind: 'link', gone: false, name: 'lo' }],
    ['range bound', { kind: 'route', gone: false, protocol: 66, prefix: '10.99.66.0/23' }],
    ['local route deleted', { kind: 'route', gone: true, protocol: 66, prefix: '10.99.66.0/23' }],
    ['local IPv6 route deleted', { kind: 'route', gone: true, protocol: 66, prefix: 'fd99:66::/112' }],
    ['address added', { kind: 'address', gone: false, address: '10.22.108.100' }],
    ['address deleted', { kind: 'address', gone: true, address: '10.22.108.100' }],
    ['forwarding on', { kind: 'forwarding' }],
    ['IPv6 forwarding on', { kind: 'forwarding' }],
    ['carrier lost', { kind: 'link', gone: false, name: 'up0' }],
    ['switched off', { kind: 'link', gone: false, name: 'up0' }],
    ['behind the flood', { kind: 'address', gone: false, address: '10.22.110.1' }],
  ])('%s', (change, notice) => {
    expect(seen.heard[change]).toContainEqual(notice);
  });

  test('one of our tables in nf_tables has come or gone, where the kernel and the tool have it', (context) => {
    if (seen.nft !== undefined) return context.skip(seen.nft);
    for (const change of ['table added', 'ruleset flushed']) {
      expect(seen.heard[change]).toContainEqual({ kind: 'nftables', table: 'fairlead-snat' });
    }
  });
});

test('routes of other tables are passed over', () => {
  expect(seen.heard['address added']).not.toContainEqual(expect.objectContaining({ prefix: '192.0.2.0/24' }));
});

test('what was too much to be held is told as lost, and what follows is heard again', () => {
  expect(seen.heard['flood']).toEqual([{ kind: 'lost' }]);
});

test('the monitor ends when it is told to, without waiting for anything to happen', () => {
  expect(seen.closedInMs).toBeLessThan(30_000);
});

describe('the interface of a peer', () => {
  test('is found, and looked at', () => {
    expect(seen.looks).toMatchObject({ connected: { ok: true, detail: '10.22.108.1 by up0' }, names: ['up0'] });
  });

  test.each([
    ['carrier lost', { ok: false, detail: '10.22.108.1 by up0, which is down' }],
    ['carrier back', { ok: true, detail: '10.22.108.1 by up0' }],
    ['switched off', { ok: false, detail: '10.22.108.1 by up0, which is down' }],
    ['switched on', { ok: true, detail: '10.22.108.1 by up0' }],
    ['gone', { ok: false, detail: '10.22.108.1 has no route' }],
  ])('%s', (change, finding) => {
    expect(seen.looks[change]).toEqual(finding);
  });

  test('and others are told by their names', () => {
    expect(seen.looks['states']).toEqual([{ name: 'up1', up: true }, null]);
  });
});
