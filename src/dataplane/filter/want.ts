import type { Prefix } from '../../model/address.ts';
import type { NftTable } from '../firewall/nftables.ts';
import type { IptablesRules } from '../firewall/plan.ts';

/** The ipset that holds the address, protocol and port of every virtual server in place. */
export const SERVED_SET = 'fairlead-served';

const INPUT = 'FAIRLEAD-INPUT';
const FORWARD = 'FAIRLEAD-FORWARD';
const COMMENT = '--comment "fairlead: filter"';

/**
 * Binding a whole range makes every wildcard socket of the node answer on every address of it (kubernetes #72236),
 * so what is not served is refused: TCP by a reset, which unlike an ICMP message is never rate limited. IPVS takes
 * its packets behind the filter table's INPUT chain, so the chain has to be told what is served. Replies of the pods
 * pass FORWARD, where a policy of DROP, as Docker sets it, would lose them.
 */
export const filterRules = (ranges: readonly Prefix[]): IptablesRules => ({
  table: 'filter',
  chains: new Map([
    [
      INPUT,
      [
        `-m set --match-set ${SERVED_SET} dst,dst -j ACCEPT`,
        // Path MTU discovery needs ICMP, and a ping harms nobody.
        '-p icmp -j RETURN',
        '-p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset',
        '-m conntrack --ctstate NEW -j REJECT --reject-with icmp-port-unreachable',
      ],
    ],
    [FORWARD, ranges.map((range) => `-m conntrack --ctorigdst ${asConntrackPrints(range)} --ctdir REPLY -j ACCEPT`)],
  ]),
  rules: [
    ...ranges.map((range) => ({ chain: 'INPUT', rule: `-d ${range} -m comment ${COMMENT} -j ${INPUT}` })),
    { chain: 'FORWARD', rule: `-m comment ${COMMENT} -j ${FORWARD}` },
  ],
  mark: COMMENT,
});

/** `iptables-save` leaves a length of 32 bits out here, unlike in `-d`. */
const asConntrackPrints = (range: Prefix): string => range.replace(/\/32$/, '');

/**
 * The same for nf_tables, whose chains can stand behind IPVS (which takes its packets at priorities 98 and 99):
 * whatever for the range still arrives at 101 is served by nobody, and no list of what is served is needed.
 */
export const filterTable = (ranges: readonly Prefix[]): NftTable => ({
  family: 'ip',
  name: 'fairlead-filter',
  body: `
  chain input {
    type filter hook input priority 101; policy accept;
    ct direction original ip daddr { ${ranges.join(', ')} } jump unserved
  }
  chain unserved {
    meta l4proto icmp accept
    meta l4proto tcp counter reject with tcp reset
    counter reject
  }`,
});
