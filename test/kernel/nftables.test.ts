import { expect, test } from 'vitest';
import { driveInOwnNetns } from './own-netns.ts';

const CLEAN = { changes: [], problems: [] };
const loaded = (...tables: string[]): unknown => ({
  changes: tables.map((table) => `load table ${table}`),
  problems: [],
});

test('the tables of nf_tables are loaded in both families, noticed when they drift, and put right', () => {
  const seen = driveInOwnNetns(new URL('nftables-driver.ts', import.meta.url));
  expect(seen['kind']).toBe('nftables');
  expect(seen['bind'], 'the routes read back as they were written').toEqual([
    expect.objectContaining({ problems: [] }),
    CLEAN,
  ]);
  expect((seen['routes'] as string).split('\n').map((line) => line.trim())).toEqual([
    'unreachable 10.99.66.0/23 metric 4096',
    'unreachable 192.0.2.7 metric 4096',
    'local 10.99.66.0/23 dev lo table local scope host src 169.254.88.1',
    'local 192.0.2.7 dev lo table local scope host src 169.254.88.1',
    'unreachable fd99:66::/112 dev lo metric 4096 pref medium',
    'local fd99:66::/112 dev lo table local metric 1024 pref medium',
    '',
  ]);
  expect(seen['without'], 'without the filter, a host socket answers on every address of a range').toEqual([
    'connected',
    'connected',
  ]);
  expect(seen['first']).toEqual(
    ['filter', 'snat', 'mss'].map((part) => loaded(`ip fairlead-${part}`, `ip6 fairlead-${part}`)),
  );
  expect(seen['unserved']).toEqual(['refused', 'refused']);
  expect(seen['own'], 'the addresses of the node itself stay open, inside of an allow-list too').toEqual([
    'connected',
    'connected',
  ]);
  expect(seen['second']).toEqual([CLEAN, CLEAN, CLEAN]);

  expect(seen['uncovered']).toBe('connected');
  expect(seen['cover'], 'one address more changes the tables of its family').toEqual([
    CLEAN,
    loaded('ip fairlead-filter'),
    loaded('ip fairlead-snat'),
    loaded('ip fairlead-mss'),
  ]);
  expect(seen['covered']).toBe('refused');
  expect(seen['coveredAgain']).toEqual([CLEAN, CLEAN, CLEAN, CLEAN]);

  expect(seen['draining'], 'what only drains is refused ahead of what would answer').toEqual([
    loaded('ip fairlead-filter'),
    'refused',
    CLEAN,
    CLEAN,
    CLEAN,
  ]);
  expect(seen['opened']).toEqual([loaded('ip fairlead-filter'), 'connected']);

  expect(seen['others'], 'a change of other tables is none of ours').toEqual(['', CLEAN, CLEAN, CLEAN]);
  expect(seen['deleted']).toEqual(['', loaded('ip6 fairlead-filter'), CLEAN, CLEAN]);
  expect(seen['emptied']).toEqual(['', CLEAN, loaded('ip fairlead-snat'), CLEAN]);
  expect(seen['repaired']).toBe('refused');
  expect(seen['ruleset']).toContain('ct original ip6 daddr @bound counter masquerade');
  expect(seen['ruleset']).toMatch(/ct original ip daddr @bound .*tcp option maxseg size set 1320/);

  expect(seen['changed'], 'what another configuration does not want any more goes, of ours only').toEqual({
    reports: [loaded('ip fairlead-filter'), expect.objectContaining({ problems: [] }), CLEAN],
    tables: 'table ip somebody\ntable ip fairlead-filter\ntable ip fairlead-snat\n',
  });
  expect(seen['removed']).toEqual({
    reports: [
      { changes: ['delete table ip fairlead-filter', 'delete table ip fairlead-snat'], problems: [] },
      CLEAN,
      expect.objectContaining({ problems: [] }),
    ],
    tables: 'table ip somebody\n',
    routes: '',
  });
  expect(seen['withoutNft'], 'where nothing of ours is there, no `nft` is needed').toEqual(CLEAN);
});
