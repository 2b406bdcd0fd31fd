import { beforeAll, expect, test } from 'vitest';
import { driveInOwnNetns } from './own-netns.ts';

let seen: Readonly<Record<string, unknown>>;
beforeAll(() => {
  seen = driveInOwnNetns(new URL('gateways-driver.ts', import.meta.url));
}, 60_000);

/** The peers, and how many of the three places have a problem. */
test.each<[change: string, peers: string[], problems: number]>([
  ['no route', [], 3],
  ['both families', ['10.22.108.1', 'fd22:108::1'], 1],
  ['a better one', ['10.22.108.9', 'fd22:108::1'], 1],
  // The third place is the second next hop of the first one, which is a peer only once.
  ['several next hops', ['10.22.108.1', '10.22.109.1', 'fd22:108::1'], 1],
  ['another one behind it', ['10.22.108.1', '10.22.109.1', 'fd22:108::1'], 1],
  ['all gone', ['10.22.108.1', '10.22.109.1', 'fd22:108::1'], 1],
  ['IPv6 of another switch', ['10.22.108.1', '10.22.109.1', 'fd22:109::1'], 1],
  ['IPv6 of a single link', ['10.22.108.1', '10.22.109.1'], 2],
  ['of another table', ['10.22.108.1', '10.22.109.1'], 2],
])('the peers are followed through the default routes of this kernel: %s', (change, peers, problems) => {
  expect(seen[change]).toStrictEqual([peers, problems]);
});
