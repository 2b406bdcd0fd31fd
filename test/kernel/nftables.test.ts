import { expect, test } from 'vitest';
import { driveInOwnNetns } from './own-netns.ts';

const CLEAN = { changes: [], problems: [] };
const loaded = (table: string): unknown => ({ changes: [`load table ip ${table}`], problems: [] });

test('the filter and the SNAT table of nf_tables are loaded, noticed when they drift, and put right', () => {
  const seen = driveInOwnNetns(new URL('nftables-driver.ts', import.meta.url));
  expect(seen['kind']).toBe('nftables');
  expect(seen['without'], 'without the filter, a host socket answers on every address of the range').toBe('connected');
  expect(seen['first']).toEqual([loaded('fairlead-filter'), loaded('fairlead-snat')]);
  expect(seen['unserved']).toBe('refused');
  expect(seen['own'], 'the address of the node itself stays open').toBe('connected');
  expect(seen['second']).toEqual([CLEAN, CLEAN]);
  expect(seen['others'], 'a change of other tables is none of ours').toEqual(['', CLEAN, CLEAN]);
  expect(seen['deleted']).toEqual(['', loaded('fairlead-filter'), CLEAN]);
  expect(seen['emptied']).toEqual(['', CLEAN, loaded('fairlead-snat')]);
  expect(seen['repaired']).toBe('refused');
  expect(seen['ruleset']).toContain('ct original ip daddr 10.99.66.0/23 counter masquerade');
});
