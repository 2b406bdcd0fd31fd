import { expect, test } from 'vitest';
import { driveInOwnNetns } from './own-netns.ts';

test('outposts serve IPv4 on a node without IPv6, and IPv6 at once when it is switched on', () => {
  const { addresses, off, on } = driveInOwnNetns(new URL('outpost-driver.ts', import.meta.url));
  expect(off).toEqual({
    node: 'connected',
    pod: 'connected',
    node6: expect.stringMatching(/^could not give o1 the address .*IPv6 is disabled on this device$/),
  });
  expect(on).toEqual({ pod: 'connected', node6: 'connected', pod6: 'connected' });
  // Nobody is to take it as a source for another destination (RFC 6724 section 5, rule 3).
  expect(addresses).toMatch(/fd88::1\/126 .*nodad deprecated/);
});
