import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Held, HeldPath, HeldPeer, Neighbor } from '../../../src/bgp/gobgp.ts';
import { localPaths } from '../../../src/bgp/paths.ts';
import { neighborOf } from '../../../src/bgp/peers.ts';
import { plan, type Step } from '../../../src/bgp/plan.ts';
import { NO_POLICIES, wantedPolicies } from '../../../src/bgp/policy.ts';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import type { Path, Peer } from '../../../src/model/path.ts';
import { PEER, WANTED } from './sample.ts';

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const PREFIXES = ['10.99.66.0/23', '10.99.68.0/23', '192.168.9.0/24', 'fd99:66::/112', 'fd99:67::/112'];
const somePath: fc.Arbitrary<Path> = fc
  .record({
    prefix: pick(...PREFIXES),
    communities: fc.uniqueArray(pick('64512:1', '64512:2', '65535:0')),
    largeCommunities: fc.uniqueArray(pick('64512:1:1', '64512:1:2')),
    med: pick(undefined, 0, 50),
    prepend: pick(0, 1, 3),
    linkBandwidth: pick(125_000_000, 1_250_000_000),
    nextHop: pick('fd00:22:108::100', 'fd00:22:108::101'),
  })
  .map(({ nextHop, ...path }) => (path.prefix.includes(':') ? { ...path, nextHop } : path));
const onTop = { communities: ['64512:7'], largeCommunities: [], med: 0, prepend: 1, localPref: 200 };
const somePeer: fc.Arbitrary<Peer> = fc
  .record({
    address: pick('10.22.108.1', '10.22.108.2', 'fd00::3'),
    as: pick(64500, 64501),
    holdTimeSeconds: pick(9, 30),
    families: pick<Peer['families']>(['ipv4'], ['ipv6'], ['ipv4', 'ipv6']),
    passive: fc.boolean(),
    more: pick<Partial<Peer>>(
      {},
      { password: () => 'secret' },
      { multihopTtl: 3 },
      { bfd: { intervalMs: 100, multiplier: 3 } },
      { gracefulRestart: { restartTimeSeconds: 30 } },
      { onTop },
    ),
  })
  .map(({ more, ...peer }) => ({ ...PEER, ...peer, ...more }));
const pathsOf = fc.uniqueArray(somePath, { selector: ({ prefix }) => prefix });
const peersOf = fc.uniqueArray(somePeer, { selector: ({ address }) => address });
const someWanted: fc.Arbitrary<WantedBgp> = fc
  .record({
    ranges: fc.uniqueArray(pick(...PREFIXES)),
    hosts: fc.uniqueArray(pick('192.0.2.0/24', '2001:db8::/64')),
    accept: fc.uniqueArray(pick('0.0.0.0/0', '::/0')),
    peers: peersOf,
    paths: fc.option(pathsOf, { nil: undefined }),
  })
  .map((part) => ({ ...WANTED, ...part }));
const NOTHING: Held = { global: undefined, policies: NO_POLICIES, paths: [], peers: [] };
const { localAs: as, ...GLOBAL } = WANTED;
const there = (peer: Neighbor): HeldPeer => ({
  ...peer,
  state: 'active',
  bfdState: undefined,
  lastError: undefined,
});
const heldPaths: fc.Arbitrary<HeldPath[]> = fc
  .tuple(pathsOf, pick([], ['origin 2']))
  .map(([paths, foreign]) => localPaths(paths, WANTED).map((path) => ({ ...path, foreign })));
const someHeld: fc.Arbitrary<Held> = fc.oneof(
  fc.constant(NOTHING),
  fc.record({
    global: fc.constant({ as, ...GLOBAL }),
    policies: fc.oneof(fc.constant(NO_POLICIES), someWanted.map(wantedPolicies)),
    paths: heldPaths,
    peers: peersOf.map((peers) => peers.map((peer) => there(neighborOf(peer, 'v4')))),
  }),
);

test('whatever gobgpd holds, after the plan there is nothing left to plan', () => {
  fc.assert(
    fc.property(someWanted, someHeld, pick('v3' as const, 'v4' as const), (want, held, version) => {
      const after = plan(want, held, version).steps.reduce(taken, held);
      expect(plan(want, after, version)).toEqual({ steps: [], problems: [] });
    }),
  );
});

test('whatever gobgpd holds, no peer is added before the policies are as wanted', () => {
  fc.assert(
    fc.property(someWanted, someHeld, (want, held) => {
      let now = held;
      for (const step of plan(want, held, 'v4').steps) {
        if (step.do === 'add-peer' || step.do === 'replace-peer') expect(isCovered(want, now)).toBe(true);
        now = taken(now, step);
      }
    }),
  );
});

/** Whether nothing can get out or in that is not wanted. */
const isCovered = (want: WantedBgp, { policies }: Held): boolean =>
  policies.exports.otherwise === 'reject' &&
  wantedPolicies(want).sets.every(({ members, name }) =>
    policies.sets.some((set) => set.name === name && new Set(set.members).isSubsetOf(new Set(members))),
  );

/** What a gobgpd holds after a step: it refuses what the real one refuses. */
function taken(held: Held, step: Step): Held {
  if (held.global === undefined && step.do !== 'start-bgp') throw new Error("bgp server hasn't started yet");
  switch (step.do) {
    case 'start-bgp':
      return { ...NOTHING, global: step.global };
    case 'set-policies':
      return { ...held, policies: step.policies };
    case 'refresh-peers':
      return held;
    case 'withdraw-path':
      return { ...held, paths: held.paths.filter(({ prefix }) => prefix !== step.prefix) };
    case 'announce-path': {
      const others = held.paths.filter(({ prefix }) => prefix !== step.path.prefix);
      return { ...held, paths: [...others, { ...step.path, foreign: [] }] };
    }
    case 'delete-peer':
      return { ...held, peers: withoutPeer(held, step.peer.address) };
    case 'replace-peer':
    case 'update-peer':
      return { ...held, peers: [...withoutPeer(held, step.peer.address), there(step.peer)] };
    case 'add-peer':
      if (held.peers.some(({ address }) => address === step.peer.address)) throw new Error("can't overwrite the peer");
      return { ...held, peers: [...held.peers, there(step.peer)] };
  }
}

function withoutPeer({ peers }: Held, gone: string): HeldPeer[] {
  const others = peers.filter(({ address }) => address !== gone);
  if (others.length === peers.length) throw new Error(`neighbor that has ${gone} doesn't exist`);
  return others;
}
