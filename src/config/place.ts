import type { Address, Family } from '../model/address.ts';
import type { PeerPlace } from './config.ts';
import type { Reading } from './read.ts';

interface Written {
  readonly address: Address | undefined;
  readonly gateway: Family | undefined;
  readonly interface: string | undefined;
}

/** Where a peer is, or what its keys should have said, and at which of them. */
export function placeOf({ address, gateway, interface: name }: Written): Reading<PeerPlace> & { path?: string[] } {
  if (name !== undefined && gateway === undefined) return { expected: UNNUMBERED, path: ['interface'] };
  if (address !== undefined && gateway === undefined) return { value: { kind: 'address', address } };
  if (address === undefined && gateway !== undefined) {
    return { value: { kind: 'gateway', family: gateway, interface: name } };
  }
  return { expected: 'exactly one of `address` and `gateway`', path: [] };
}

const UNNUMBERED =
  '`gateway` beside `interface`: gobgpd cannot hold unnumbered sessions, for it sends no router advertisements';
