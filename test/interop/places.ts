import type { Address, Family, Prefix } from '../../src/model/address.ts';

/** The addresses of the rig in one family. */
export interface Places {
  /** Of the network that all hosts are on. */
  readonly length: number;
  readonly switches: readonly [Address, Address];
  readonly nodes: readonly [Address, Address];
  /** A second address of lb1, on that network. */
  readonly second: Address;
  /** An address of lb1 and one of the first switch that are on no network and reach each other through lb2. */
  readonly far: { readonly node: Address; readonly switch: Address };
  readonly range: Prefix;
  readonly otherRange: Prefix;
  /** Of which single addresses may be announced. */
  readonly hosts: Prefix;
  readonly host: Prefix;
  /** A single address of none of these. */
  readonly stray: Prefix;
  readonly default: Prefix;
  /** What else the switch announces. */
  readonly foreign: Prefix;
}

export const PLACES: Readonly<Record<Family, Places>> = {
  ipv4: {
    length: 24,
    switches: ['10.22.108.1', '10.22.108.2'],
    nodes: ['10.22.108.100', '10.22.108.101'],
    second: '10.22.108.150',
    far: { node: '10.22.109.100', switch: '10.22.109.1' },
    range: '10.99.66.0/23',
    otherRange: '10.99.68.0/24',
    hosts: '10.99.80.0/24',
    host: '10.99.80.7/32',
    stray: '10.50.0.1/32',
    default: '0.0.0.0/0',
    foreign: '192.0.2.0/24',
  },
  ipv6: {
    length: 64,
    switches: ['fd00:108::1', 'fd00:108::2'],
    nodes: ['fd00:108::100', 'fd00:108::101'],
    second: 'fd00:108::150',
    far: { node: 'fd00:109::100', switch: 'fd00:109::1' },
    range: 'fd99:66::/112',
    otherRange: 'fd99:68::/112',
    hosts: 'fd99:80::/112',
    host: 'fd99:80::7/128',
    stray: 'fd50::1/128',
    default: '::/0',
    foreign: '2001:db8:2::/48',
  },
};
