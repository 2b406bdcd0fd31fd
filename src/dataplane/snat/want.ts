import type { Prefix } from '../../model/address.ts';
import type { NftTable } from '../firewall/nftables.ts';
import type { IptablesRules } from '../firewall/plan.ts';

const COMMENT = '--comment "fairlead: snat"';

/**
 * Pods must answer through the lb node that has the connection, so every connection IPVS forwards gets this node as
 * its source. `--vdir ORIGINAL` needs net.ipv4.vs.conntrack.
 */
export const snatRules: IptablesRules = {
  table: 'nat',
  chains: new Map(),
  rules: [{ chain: 'POSTROUTING', rule: `-m ipvs --vdir ORIGINAL --vmethod MASQ -m comment ${COMMENT} -j MASQUERADE` }],
  mark: COMMENT,
};

/** The same for nf_tables, which has no ipvs match: connections are told by the address they were opened to. */
export const snatTable = (ranges: readonly Prefix[]): NftTable => ({
  family: 'ip',
  name: 'fairlead-snat',
  body: `
  chain postrouting {
    type nat hook postrouting priority srcnat; policy accept;
    ct direction original ct original ip daddr { ${ranges.join(', ')} } counter masquerade
  }`,
});
