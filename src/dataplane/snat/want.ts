import type { Family } from '../../model/address.ts';
import type { IptablesRules } from '../firewall/plan.ts';
import { type Bound, boundSet, NFT_WORDS, type NftTable } from '../firewall/want.ts';

const COMMENT = '--comment "fairlead: snat"';

/**
 * Pods must answer through the lb node that has the connection, so every connection IPVS forwards gets this node as
 * its source. `--vdir ORIGINAL` needs net.ipv4.vs.conntrack, which governs IPv6 as well.
 */
export const snatRules = (family: Family): IptablesRules => ({
  family,
  table: 'nat',
  chains: new Map(),
  rules: [{ chain: 'POSTROUTING', rule: `-m ipvs --vdir ORIGINAL --vmethod MASQ -m comment ${COMMENT} -j MASQUERADE` }],
  mark: COMMENT,
});

/** The same for nf_tables, which has no ipvs match: connections are told by the address they were opened to. */
export const snatTable = (family: Family, bound: Bound): NftTable => ({
  family: NFT_WORDS[family].family,
  name: 'fairlead-snat',
  body: `${boundSet(family, bound)}
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ct direction original ct original ${NFT_WORDS[family].family} daddr @bound counter masquerade
  }`,
});
