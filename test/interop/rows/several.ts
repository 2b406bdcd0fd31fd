import type { Address } from '../../../src/model/address.ts';
import { PLACES } from '../places.ts';
import { NODE_AS, type Rig } from '../rig.ts';
import type { Group } from '../row.ts';
import { fitting, sees } from '../soon.ts';
import type { KernelNextHop } from '../switch.ts';

/** Bytes per second: 1 and 3 Gbit/s. */
const BANDWIDTHS = [125_000_000, 375_000_000] as const;

async function announceBandwidths(rig: Rig): Promise<void> {
  await Promise.all(
    ([0, 1] as const).map((index) =>
      rig.nodes[index].want(rig.wanted({ paths: [rig.path({ linkBandwidth: BANDWIDTHS[index] }, index)] }, index)),
    ),
  );
}

const weightOf = (hops: readonly KernelNextHop[], address: Address): number =>
  hops.find(({ via }) => via === address)?.weight ?? 0;

async function weights(rig: Rig): Promise<void> {
  const { nodes } = rig.places;
  await announceBandwidths(rig);
  const isWeighted = (hops: readonly KernelNextHop[]): boolean =>
    Math.abs(weightOf(hops, nodes[1]) / weightOf(hops, nodes[0]) - 3) < 0.2;
  await fitting("the next hops in the switch's kernel", () => rig.kernel(), isWeighted, 'weights of 1 and 3');
}

/** draft-ietf-idr-link-bandwidth section 2: type 0x4004, the AS, a float of 32 bits, of which BIRD knows the first half. */
function linkBandwidth(bytesPerSecond: number): string {
  const value = new DataView(new ArrayBuffer(4));
  value.setFloat32(0, bytesPerSecond);
  return `unknown 0x4004:${NODE_AS}:${value.getUint32(0)}`;
}

async function extendedCommunity(rig: Rig): Promise<void> {
  await announceBandwidths(rig);
  const seen = async (): Promise<readonly string[] | undefined> => (await rig.seen())?.extendedCommunities;
  await sees('the extended communities', seen, [linkBandwidth(BANDWIDTHS[0])]);
}

export const twoNodes: Group = {
  setUp: () => ({ nodes: 2 }),
  rows: [
    {
      name: 'ecmp',
      proves: "the switch's kernel uses both nodes alike",
      run: async (rig) => {
        const alike = rig.places.nodes.map((via) => ({ via, weight: 1 }));
        await sees("the next hops in the switch's kernel", () => rig.kernel(), alike);
      },
    },
    {
      name: 'link-bandwidth',
      proves: "the link bandwidths weigh the nodes in the switch's kernel",
      switch: 'frr',
      run: weights,
    },
    {
      name: 'link-bandwidth-community',
      proves: 'the link bandwidth arrives as its extended community',
      switch: 'bird',
      run: extendedCommunity,
    },
  ],
};

export const bothFamilies: Group = {
  setUp: () => ({
    peer: { families: ['ipv4', 'ipv6'] },
    session: { families: ['ipv4', 'ipv6'] },
  }),
  rows: [
    {
      name: 'ipv6-over-ipv4',
      proves: 'IPv6 prefixes over an IPv4 session, with an IPv6 next hop',
      family: 'ipv4',
      async run(rig) {
        const { nodes, range } = PLACES.ipv6;
        const { ranges } = rig.wanted();
        const ipv6 = rig.path({ prefix: range, nextHop: nodes[0] });
        await rig.want({ ranges: [...ranges, range], paths: [rig.path(), ipv6] });
        await sees('the next hop at the switch', async () => (await rig.seen(range))?.nextHop, nodes[0]);
        await sees("the next hop in the switch's kernel", () => rig.kernel(range), [{ via: nodes[0], weight: 1 }]);
      },
    },
  ],
};
