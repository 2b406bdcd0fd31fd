import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Held, HeldPath, HeldPeer } from '../../../src/bgp/gobgp.ts';
import { plan, type Step } from '../../../src/bgp/plan.ts';
import { NO_POLICIES, wantedPolicies } from '../../../src/bgp/policy.ts';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import type { Path, Peer } from '../../../src/model/path.ts';

const RANGE = '10.99.66.0/23';
const RANGE6 = 'fd99:66::/112';
const PATH: Path = { prefix: RANGE, communities: ['64512:100', '65535:0'], med: 50 };
const PEER: Peer = { address: '10.22.108.1', as: 64500, holdTimeSeconds: 9, port: 179 };
const GLOBAL = { as: 64512, routerId: '10.22.108.100', listenPort: 179, listenAddresses: ['10.22.108.100'] };
const wanted: WantedBgp = {
  localAs: 64512,
  routerId: '10.22.108.100',
  listenAddresses: ['10.22.108.100'],
  listenPort: 179,
  ranges: [RANGE],
  peers: [PEER],
  paths: [PATH],
};
const NOTHING: Held = { global: undefined, policies: NO_POLICIES, paths: [], peers: [] };
const local = (path: Path): HeldPath => ({ asPath: [], ...path, foreign: [] });
const EQUAL: Held = {
  global: GLOBAL,
  policies: wantedPolicies([RANGE]),
  paths: [local(PATH)],
  peers: [{ ...PEER, families: ['ipv4'], state: 'established' }],
};
const kinds = (held: Held, part: Partial<WantedBgp> = {}): Step['do'][] =>
  plan({ ...wanted, ...part }, held).steps.map((step) => step.do);

describe('the plan', () => {
  test('for an empty gobgpd starts it, sets the policies, then the paths, and only then the peers', () => {
    expect(plan(wanted, NOTHING)).toEqual({
      problems: [],
      steps: [
        { do: 'start-bgp', global: GLOBAL },
        { do: 'set-policies', policies: wantedPolicies([RANGE]) },
        { do: 'announce-path', path: { ...PATH, asPath: [] } },
        { do: 'add-peer', peer: { ...PEER, families: ['ipv4'] } },
      ],
    });
  });

  test('for an equal gobgpd is empty', () => {
    expect(plan(wanted, EQUAL)).toEqual({ steps: [], problems: [] });
  });

  test('does not mind the order of communities, or a community written with a leading zero', () => {
    expect(kinds(EQUAL, { paths: [{ ...PATH, communities: ['65535:00', '64512:100'] }] })).toEqual([]);
  });

  test.each([
    ['another MED', { med: 51 }],
    ['no MED', { med: undefined }],
    ['other communities', { communities: ['64512:100'] }],
    ['no communities', { communities: [] }],
    ['our AS prepended', { prepend: 3 }],
  ])('announces again for %s', (_, part) => {
    expect(kinds(EQUAL, { paths: [{ ...PATH, ...part }] })).toEqual(['announce-path']);
  });

  test('prepends our AS as often as is asked, and takes it away again', () => {
    const far = { ...PATH, prepend: 3 };
    const [step] = plan({ ...wanted, paths: [far] }, EQUAL).steps;
    expect(step).toEqual({ do: 'announce-path', path: { ...PATH, asPath: [64512, 64512, 64512] } });
    const held = { ...EQUAL, paths: [{ ...local(PATH), asPath: [64512, 64512, 64512] }] };
    expect(kinds(held, { paths: [far] })).toEqual([]);
    expect(kinds(held)).toEqual(['announce-path']);
    expect(kinds(held, { paths: [{ ...PATH, prepend: 2 }] })).toEqual(['announce-path']);
  });

  test('prepends nothing where a peer is of our own AS, which would take it for a loop', () => {
    const peers = [PEER, { ...PEER, address: '10.22.108.2', as: 64512 }];
    const [step] = plan({ ...wanted, peers, paths: [{ ...PATH, med: 1, prepend: 3 }] }, EQUAL).steps;
    expect(step).toEqual({ do: 'announce-path', path: { ...PATH, med: 1, asPath: [] } });
  });

  test('announces over a path of somebody else for the same prefix', () => {
    expect(kinds({ ...EQUAL, paths: [{ ...local(PATH), foreign: ['next hop 10.0.0.9'] }] })).toEqual(['announce-path']);
  });

  test('withdraws what is not wanted, and leaves all paths alone while none are told', () => {
    expect(kinds(EQUAL, { paths: [] })).toEqual(['withdraw-path']);
    expect(kinds(EQUAL, { paths: undefined })).toEqual([]);
  });

  test('withdraws before anything else', () => {
    const ranges = ['10.99.68.0/23'];
    const paths = [{ ...PATH, prefix: '10.99.68.0/23' }];
    expect(kinds(EQUAL, { ranges, paths })).toEqual([
      'withdraw-path',
      'set-policies',
      'refresh-peers',
      'announce-path',
    ]);
  });

  test('puts open policies right before it adds a peer', () => {
    expect(kinds({ ...EQUAL, policies: NO_POLICIES, peers: [] })).toEqual(['set-policies', 'add-peer']);
  });

  test.each([{ as: 64501 }, { holdTimeSeconds: 30 }, { port: 1790 }])('replaces a peer that differs in %o', (part) => {
    expect(kinds({ ...EQUAL, peers: [{ ...PEER, families: ['ipv4'], state: 'active', ...part }] })).toEqual([
      'replace-peer',
    ]);
  });

  test('opens another session for a range of another family, and none for one that is gone', () => {
    const ranges = [RANGE, RANGE6];
    const policies = wantedPolicies(ranges);
    const peers = [{ ...PEER, families: ['ipv4', 'ipv6'] as const, state: 'established' as const }];
    expect(plan({ ...wanted, ranges }, { ...EQUAL, policies }).steps).toEqual([
      { do: 'replace-peer', peer: { ...PEER, families: ['ipv4', 'ipv6'] } },
    ]);
    expect(kinds({ ...EQUAL, peers })).toEqual([]);
  });

  test('announces an IPv6 path again for another next hop', () => {
    const path = { ...PATH, prefix: RANGE6, nextHop: 'fd00:22:108::100' };
    const held = { ...EQUAL, paths: [...EQUAL.paths, local(path)] };
    expect(kinds(held, { paths: [PATH, path] })).toEqual([]);
    expect(kinds(held, { paths: [PATH, { ...path, nextHop: 'fd00:22:108::101' }] })).toEqual(['announce-path']);
  });

  test('deletes a peer that is not wanted', () => {
    expect(kinds(EQUAL, { peers: [] })).toEqual(['delete-peer']);
  });

  test.each([{ as: 64999 }, { routerId: '10.0.0.9' }])('touches nothing in a gobgpd that runs with %o', (part) => {
    const { steps, problems } = plan({ ...wanted, paths: [] }, { ...EQUAL, global: { ...GLOBAL, ...part } });
    expect(steps).toEqual([]);
    expect(problems.join()).toMatch(/^gobgpd already runs with AS .*, wanted AS 64512 and router id 10\.22\.108\.100/);
  });

  test('names another listener as a problem and does the rest', () => {
    const held = { ...EQUAL, global: { ...GLOBAL, listenPort: -1 } };
    const { steps, problems } = plan({ ...wanted, paths: [] }, held);
    expect(steps.map((step) => step.do)).toEqual(['withdraw-path']);
    expect(problems).toEqual([
      'gobgpd already listens on 10.22.108.100 port -1, wanted 10.22.108.100 port 179: restart it to change that',
    ]);
  });

  test('takes what gobgpd reports for all addresses as equal to none named', () => {
    const held = { ...EQUAL, global: { ...GLOBAL, listenAddresses: ['0.0.0.0', '::'] } };
    expect(plan({ ...wanted, listenAddresses: [] }, held).problems).toEqual([]);
  });
});

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const PREFIXES = ['10.99.66.0/23', '10.99.68.0/23', '192.168.9.0/24', 'fd99:66::/112', 'fd99:67::/112'];
const somePath: fc.Arbitrary<Path> = fc
  .record({
    prefix: pick(...PREFIXES),
    communities: fc.uniqueArray(pick('64512:1', '64512:2', '65535:0')),
    med: pick(undefined, 0, 50),
    prepend: pick(0, 1, 3),
    nextHop: pick('fd00:22:108::100', 'fd00:22:108::101'),
  })
  .map(({ nextHop, ...path }) => (path.prefix.includes(':') ? { ...path, nextHop } : path));
const somePeer: fc.Arbitrary<Peer> = fc.record({
  address: pick('10.22.108.1', '10.22.108.2', '10.22.108.3'),
  as: pick(64500, 64501),
  holdTimeSeconds: pick(3, 9),
  port: pick(179, 1790),
});
const pathsOf = fc.uniqueArray(somePath, { selector: ({ prefix }) => prefix });
const peersOf = fc.uniqueArray(somePeer, { selector: ({ address }) => address });
const someWanted: fc.Arbitrary<WantedBgp> = fc.record({
  localAs: fc.constant(64512),
  routerId: fc.constant('10.22.108.100'),
  listenAddresses: fc.constant(['10.22.108.100']),
  listenPort: fc.constant(179),
  ranges: fc.uniqueArray(pick(...PREFIXES)),
  peers: peersOf,
  paths: fc.option(pathsOf, { nil: undefined }),
});
const heldPath: fc.Arbitrary<HeldPath[]> = fc
  .tuple(pathsOf, pick([], ['origin 2']), pick([], [64512], [64500]))
  .map(([paths, foreign, asPath]) =>
    paths.map((path) => Object.assign({ foreign }, path, { asPath, prepend: undefined })),
  );
const heldPeer: fc.Arbitrary<HeldPeer[]> = fc
  .tuple(peersOf, pick<HeldPeer['families']>(['ipv4'], ['ipv6'], ['ipv4', 'ipv6'], []))
  .map(([peers, families]) => peers.map((peer) => Object.assign({ families, state: 'established' as const }, peer)));
const someHeld: fc.Arbitrary<Held> = fc.oneof(
  fc.constant(NOTHING),
  fc.record({
    global: fc.constant(GLOBAL),
    policies: fc.oneof(fc.constant(NO_POLICIES), fc.uniqueArray(pick(...PREFIXES)).map(wantedPolicies)),
    paths: heldPath,
    peers: heldPeer,
  }),
);

test('whatever gobgpd holds, after the plan there is nothing left to plan', () => {
  fc.assert(
    fc.property(someWanted, someHeld, (want, held) => {
      const after = plan(want, held).steps.reduce(taken, held);
      expect(plan(want, after)).toEqual({ steps: [], problems: [] });
    }),
  );
});

test('whatever gobgpd holds, no peer is added before the policies are as wanted', () => {
  fc.assert(
    fc.property(someWanted, someHeld, (want, held) => {
      let now = held;
      for (const step of plan(want, held).steps) {
        if (step.do === 'add-peer' || step.do === 'replace-peer')
          expect(now.policies).toEqual(wantedPolicies(want.ranges));
        now = taken(now, step);
      }
    }),
  );
});

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
      return { ...held, peers: held.peers.filter(({ address }) => address !== step.address) };
    case 'replace-peer': {
      const others = held.peers.filter(({ address }) => address !== step.peer.address);
      if (others.length === held.peers.length) throw new Error(`can't delete a peer ${step.peer.address}`);
      return { ...held, peers: [...others, { ...step.peer, state: 'active' }] };
    }
    case 'add-peer':
      if (held.peers.some(({ address }) => address === step.peer.address)) throw new Error("can't overwrite the peer");
      return { ...held, peers: [...held.peers, { ...step.peer, state: 'active' }] };
  }
}
