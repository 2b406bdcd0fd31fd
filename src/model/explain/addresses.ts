import { type Address, hostPrefix, prefixContains } from '../address.ts';
import type { DesiredSettings } from '../desired.ts';
import { type AddressKind, addressesOf } from '../service-addresses.ts';
import type { Service } from '../snapshot.ts';
import { isAnnounced, type Status } from '../status.ts';
import type { AddressExplanation, AnnouncedWith } from './explanation.ts';

const KINDS: readonly AddressKind[] = ['clusterIPs', 'externalIPs', 'loadBalancerIPs'];

/** Each address that a Service has, whether it is served, and what it is announced with. */
export function explainAddresses(service: Service, settings: DesiredSettings, status: Status): AddressExplanation[] {
  const { served, skipped } = addressesOf(service, settings);
  const all = new Set(KINDS.flatMap((kind) => service[kind]));
  return [...all].map((address) => {
    const own = served.find((one) => one.address === address);
    const refused = own ? undefined : skipped.find(({ detail }) => detail.startsWith(`${address} `));
    const kinds = KINDS.filter((kind) => service[kind].includes(address));
    const announced = own && announcedWith(address, own.kinds, settings, status);
    return { address, kinds, refused: refused && { reason: refused.reason, detail: refused.detail }, announced };
  });
}

function announcedWith(
  address: Address,
  kinds: readonly AddressKind[],
  { announcedKinds, ranges }: DesiredSettings,
  status: Status,
): AnnouncedWith | undefined {
  const range = ranges.find((one) => prefixContains(one, address));
  if (range === undefined && !kinds.some((kind) => announcedKinds.has(kind))) return undefined;
  const prefix = range ?? hostPrefix(address);
  const told = status.peers.filter(({ advertised }) => advertised.includes(prefix)).length;
  const state = isAnnounced(status, prefix) ? status.announcement.state : 'withdrawn';
  return { prefix, state, told, peers: status.peers.length };
}
