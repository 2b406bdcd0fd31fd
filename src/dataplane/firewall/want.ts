import { type Address, FAMILIES, familyOf, type Family, type Prefix } from '../../model/address.ts';

/** What is ours in one IP family. Nothing else in it is touched. */
export interface Owned {
  readonly family: Family;
  readonly ranges: readonly Prefix[];
  /** Prefixes outside the ranges of which single addresses may be bound. They may hold addresses of the node itself. */
  readonly external: readonly Prefix[];
}

/** The families there is something of ours in. The other one is left alone: a node may well be without it. */
export const ownedFamilies = (ranges: readonly Prefix[], external: readonly Prefix[]): Owned[] =>
  FAMILIES.map((family) => ({ family, ranges: inFamily(family, ranges), external: inFamily(family, external) })).filter(
    (owned) => owned.ranges.length + owned.external.length > 0,
  );

/** Those addresses or prefixes that are of one family. */
export const inFamily = <Text extends Address | Prefix>(family: Family, all: Iterable<Text>): Text[] =>
  [...all].filter((one) => familyOf(one) === family);

/** A table of nf_tables that is ours alone. */
export interface NftTable {
  readonly family: 'ip' | 'ip6';
  readonly name: string;
  /** Its chains and sets, in nft's language. */
  readonly body: string;
}

/** As `nft list tables` names it: `ip fairlead-filter`. */
export const nftTableName = ({ family, name }: NftTable): string => `${family} ${name}`;

/** The words of nft that differ between the families. */
export const NFT_WORDS = {
  ipv4: { family: 'ip', type: 'ipv4_addr', icmp: 'icmp' },
  ipv6: { family: 'ip6', type: 'ipv6_addr', icmp: 'ipv6-icmp' },
} as const satisfies Record<Family, { family: NftTable['family']; type: string; icmp: string }>;

/** Every range of one family, and every address outside of them that is bound by itself. */
export type Bound = readonly (Address | Prefix)[];

/** A set of nf_tables named `bound` with what we bind. */
export const boundSet = (family: Family, bound: Bound): string => `
  set bound {
    type ${NFT_WORDS[family].type}
    flags interval
    auto-merge${bound.length === 0 ? '' : `\n    elements = { ${bound.join(', ')} }`}
  }`;
