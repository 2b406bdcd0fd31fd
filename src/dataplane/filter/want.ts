import type { Family, Prefix } from '../../model/address.ts';
import type { VirtualServer } from '../../model/virtual-server.ts';
import type { IptablesRules } from '../firewall/plan.ts';
import { type Bound, boundSet, NFT_WORDS, type NftTable, type Owned } from '../firewall/want.ts';
import type { SetIdentity } from './codec.ts';

/** The ipset with the address, protocol and port of every virtual server in place. */
export const SERVED_SET: Record<Family, SetIdentity> = {
  ipv4: { name: 'fairlead-served', type: 'hash:ip,port', family: 'ipv4' },
  ipv6: { name: 'fairlead-served6', type: 'hash:ip,port', family: 'ipv6' },
};

/** The ipset with the addresses outside the ranges that are bound one by one. */
export const EXTERNAL_SET: Record<Family, SetIdentity> = {
  ipv4: { name: 'fairlead-external', type: 'hash:ip', family: 'ipv4' },
  ipv6: { name: 'fairlead-external6', type: 'hash:ip', family: 'ipv6' },
};

const INPUT = 'FAIRLEAD-INPUT';
const FORWARD = 'FAIRLEAD-FORWARD';
const COMMENT = '--comment "fairlead: filter"';

/** As `iptables-save` and `ip6tables-save` print them. */
const ICMP = {
  ipv4: { protocol: 'icmp', unreachable: 'icmp-port-unreachable' },
  ipv6: { protocol: 'ipv6-icmp', unreachable: 'icmp6-port-unreachable' },
} as const;

/**
 * Binding a whole range makes every wildcard socket of the node answer on every address of it (kubernetes #72236),
 * so what is not served is refused: TCP by a reset, which unlike an ICMP message is never rate limited. IPVS takes
 * its packets behind the filter table's INPUT chain, so the chain has to be told what is served. Replies of the pods
 * pass FORWARD, where a policy of DROP, as Docker sets it, would lose them. No match of iptables finds the address
 * that a connection was opened to in a set, so there the allow-lists stand whole: a reply belongs to a connection
 * that was let through already.
 */
export const filterRules = ({ family, ranges, external }: Owned): IptablesRules => ({
  family,
  table: 'filter',
  chains: new Map([
    [
      INPUT,
      [
        `-m set --match-set ${SERVED_SET[family].name} dst,dst -j ACCEPT`,
        // Path MTU discovery needs ICMP, neighbour discovery is ICMPv6, and a ping harms nobody.
        `-p ${ICMP[family].protocol} -j RETURN`,
        '-p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset',
        `-m conntrack --ctstate NEW -j REJECT --reject-with ${ICMP[family].unreachable}`,
      ],
    ],
    [
      FORWARD,
      [...ranges, ...external].map(
        (prefix) => `-m conntrack --ctorigdst ${asConntrackPrints(prefix)} --ctdir REPLY -j ACCEPT`,
      ),
    ],
  ]),
  rules: [
    ...ranges.map((range) => ({ chain: 'INPUT', rule: `-d ${range} -m comment ${COMMENT} -j ${INPUT}` })),
    ...(external.length === 0 ? [] : [{ chain: 'INPUT', rule: externalRule(family) }]),
    { chain: 'FORWARD', rule: `-m comment ${COMMENT} -j ${FORWARD}` },
  ],
  mark: COMMENT,
});

/** Hundreds of addresses cost one look at a set, and one message when one of them changes. */
const externalRule = (family: Family): string =>
  `-m set --match-set ${EXTERNAL_SET[family].name} dst -m comment ${COMMENT} -j ${INPUT}`;

/** `iptables-save` leaves the length of a single address out here, unlike in `-d`. */
const asConntrackPrints = (prefix: Prefix): string => prefix.replace(prefix.includes(':') ? /\/128$/ : /\/32$/, '');

/**
 * The same for nf_tables, whose chains can stand behind IPVS (which takes its packets at priorities 98 and 99):
 * whatever for a bound address still arrives at 101 is served by nobody, and no list of what is served is needed.
 *
 * @param draining the virtual servers over TCP that take no new connection
 */
export function filterTable(family: Family, bound: Bound, draining: readonly Endpoint[]): NftTable {
  const { family: words, icmp } = NFT_WORDS[family];
  return {
    family: words,
    name: 'fairlead-filter',
    body: `${boundSet(family, bound)}${drainingRule(family, draining)}
  chain input {
    type filter hook input priority 101; policy accept;
    ct direction original ${words} daddr @bound jump unserved
  }
  chain unserved {
    meta l4proto ${icmp} accept
    meta l4proto tcp counter reject with tcp reset
    counter reject
  }`,
  };
}

/** Before IPVS sees them, new connections to what only drains are refused; those that stand go on. */
function drainingRule(family: Family, draining: readonly Endpoint[]): string {
  if (draining.length === 0) return '';
  const { family: words, type } = NFT_WORDS[family];
  return `
  set draining {
    type ${type} . inet_service
    elements = { ${draining.map(({ address, port }) => `${address} . ${port}`).join(', ')} }
  }
  chain drain {
    type filter hook input priority 97; policy accept;
    ct state new ${words} daddr . tcp dport @draining counter reject with tcp reset
  }`;
}

/** An address and port, over TCP. */
type Endpoint = Pick<VirtualServer, 'address' | 'port'>;
