import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import type { WantedBgp } from '../../src/bgp/speaker.ts';
import { GRACEFUL_SHUTDOWN, type Path, type Peer, type PeerAttributes } from '../../src/model/path.ts';
import { PEER, RANGE, RANGE6, WANTED } from '../unit/bgp/sample.ts';
import { gobgpds } from './gobgpd-binary.ts';
import { Network } from './gobgpd-network.ts';
import { becomeSwitch, Gobgpd, type Received } from './gobgpd.ts';

const [OURS, SWITCH, NEXT_HOP] = ['10.22.108.100', '10.22.108.1', 'fd00:22:108::100'];
const OTHER = '10.99.68.0/23';
const OWNED = { ranges: [RANGE, RANGE6, OTHER], hosts: ['192.0.2.0/24'] };

const pick = <T>(...values: T[]) => fc.constantFrom(...values);
const somePath: fc.Arbitrary<Path> = fc
  .record({
    prefix: pick(RANGE, RANGE6, OTHER, '192.0.2.1/32', '192.0.2.2/32'),
    communities: fc.uniqueArray(pick('64512:1', '64512:2', GRACEFUL_SHUTDOWN)),
    largeCommunities: fc.uniqueArray(pick('64512:1:1', '64512:1:4294967295')),
    med: pick(undefined, 0, 50, 4_294_967_295),
    prepend: pick(0, 1, 3),
    bandwidth: pick(undefined, 125_000_000),
  })
  .map(({ bandwidth, ...path }) => ({
    ...path,
    ...(path.prefix === RANGE6 && { nextHop: NEXT_HOP }),
    ...(bandwidth && { linkBandwidth: bandwidth }),
  }));

const ON_TOP: PeerAttributes = {
  communities: ['64512:7'],
  largeCommunities: [],
  med: 5,
  prepend: 2,
  localPref: undefined,
};
/** The switch, and one that is not there. */
const session: Peer = { ...PEER, families: ['ipv4', 'ipv6'] };
const ghost: Peer = { ...PEER, address: '10.22.108.9', password: () => 'nobody hears it' };
const somePeers: fc.Arbitrary<readonly Peer[]> = fc
  .tuple(pick({}, { onTop: ON_TOP }), pick({}, {}, { holdTimeSeconds: 30 }), fc.boolean())
  .map(([onTop, timers, both]) => [{ ...session, ...onTop, ...timers }, ...(both ? [ghost] : [])]);

interface Act {
  readonly wanted: WantedBgp;
  /** Whether gobgpd is killed behind it, and started again. */
  readonly kill: boolean;
}

const someAct: fc.Arbitrary<Act> = fc
  .record({
    peers: somePeers,
    paths: fc.uniqueArray(somePath, { selector: ({ prefix }) => prefix }),
    kill: fc.boolean(),
  })
  .map(({ kill, ...part }) => ({ kill, wanted: { ...WANTED, ...OWNED, ...part } }));

type AtSwitch = Pick<Received, 'asPath' | 'communities' | 'med' | 'nextHop' | 'prefix'>;

/** What the switch has of a wanted value. */
const expectedAt = ({ localAs, paths = [], peers }: WantedBgp): AtSwitch[] =>
  paths.map(({ communities, med, nextHop = OURS, prefix, prepend = 0 }) => {
    const { communities: more = [], med: added, prepend: again = 0 } = peers[0]?.onTop ?? {};
    return {
      prefix,
      nextHop,
      asPath: Array.from({ length: 1 + prepend + again }, () => localAs),
      communities: [...communities, ...more].map(numberOf),
      med: added === undefined ? med : Math.min((med ?? 0) + added, 4_294_967_295),
    };
  });

const numberOf = (community: string): number => {
  const [as = 0, value = 0] = community.split(':').map(Number);
  return as * 65_536 + value;
};

/** What has no order, in one. */
const inOrder = (paths: readonly AtSwitch[]): AtSwitch[] =>
  paths
    .map(({ communities, ...path }) => ({ ...path, communities: communities.toSorted((a, b) => a - b) }))
    .toSorted((a, b) => (a.prefix < b.prefix ? -1 : 1));

describe.each(gobgpds())('gobgpd $version, behind whatever was wanted before', ({ file }) => {
  let network: Network;
  let ours: Gobgpd;
  let peer: Gobgpd;

  beforeAll(async () => {
    network = await Network.create(OURS, [SWITCH], [NEXT_HOP]);
    [ours, peer] = await Promise.all([Gobgpd.start(network, file), Gobgpd.start(network)]);
    await becomeSwitch(peer, SWITCH, 64500, { ...session, address: OURS, as: 64512 });
  });
  afterAll(async () => {
    await Promise.all([ours?.[Symbol.asyncDispose](), peer?.[Symbol.asyncDispose]()]);
    await network?.[Symbol.asyncDispose]();
  });

  const atSwitch = async (): Promise<AtSwitch[]> =>
    (await peer.table())
      .filter(({ from }) => from === OURS)
      .map(({ asPath, communities, med, nextHop, prefix }) => ({ prefix, nextHop, asPath, communities, med }));

  test('gobgpd holds exactly what is wanted, and the switch has it', { timeout: 300_000 }, async () => {
    const log = { debug: () => undefined, info: () => undefined, warn: () => undefined };
    const speaker = createSpeaker({ target: ours.target, log, onChange: () => undefined });
    const acts = fc.array(someAct, { minLength: 1, maxLength: 4 });
    const property = fc.asyncProperty(acts, async (sequence) => {
      for (const { kill, wanted } of sequence) {
        speaker.set(wanted);
        if (!kill) continue;
        await ours.kill();
        await ours.start();
      }
      const last = sequence.at(-1)?.wanted ?? WANTED;
      const prefixes = last.paths?.map(({ prefix }) => prefix).toSorted();
      const addresses = last.peers.map(({ address }) => address);
      await vi.waitFor(
        () => {
          expect(speaker.state()).toMatchObject({ inSync: true, problem: undefined, prefixes });
          expect(speaker.state().peers.map(({ address }) => address)).toEqual(addresses);
        },
        { timeout: 15_000, interval: 50 },
      );
      await vi.waitFor(async () => expect(inOrder(await atSwitch())).toEqual(inOrder(expectedAt(last))), {
        timeout: 30_000,
        interval: 100,
      });
    });
    try {
      await fc.assert(property, { numRuns: 6, endOnFailure: true });
    } finally {
      await speaker.close();
    }
  });
});
