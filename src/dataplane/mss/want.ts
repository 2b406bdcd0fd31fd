import type { Family } from '../../model/address.ts';
import type { IptablesRules } from '../firewall/plan.ts';
import { type Bound, boundSet, NFT_WORDS, type NftTable } from '../firewall/want.ts';

const COMMENT = '--comment "fairlead: mss"';

/** RFC 8200: the IPv6 header is 40 bytes long, that of IPv4 20 (RFC 6691 section 3). */
const HEADER_DIFFERENCE = 20;

/** The largest segment for one family, of the one for IPv4. */
const segmentOf = (family: Family, mss: number): number => (family === 'ipv4' ? mss : mss - HEADER_DIFFERENCE);

/**
 * A router near a client that cannot forward a pod's large packet says so in an ICMP message. Where several lb nodes
 * announce, the switch may hash that message to another one than the connection's, and the client waits for ever
 * (measured). So the SYN is told a segment size that fits, on its way to the pod: the pod then sends no larger ones.
 * Both firewalls only ever lower what the client asks for.
 *
 * @param mss the largest segment over IPv4, in bytes; undefined for no clamp
 */
export const mssRules = (family: Family, mss: number | undefined): IptablesRules => ({
  family,
  table: 'mangle',
  chains: new Map(),
  rules: mss === undefined ? [] : [{ chain: 'POSTROUTING', rule: clampRule(segmentOf(family, mss)) }],
  mark: COMMENT,
});

const clampRule = (segment: number): string =>
  `-p tcp -m ipvs --vdir ORIGINAL -m tcp --tcp-flags SYN,RST SYN -m comment ${COMMENT} -j TCPMSS --set-mss ${segment}`;

/** The same for nf_tables. */
export const mssTable = (family: Family, bound: Bound, mss: number): NftTable => ({
  family: NFT_WORDS[family].family,
  name: 'fairlead-mss',
  body: `${boundSet(family, bound)}
  chain postrouting {
    type filter hook postrouting priority mangle; policy accept;
    ct direction original ct original ${NFT_WORDS[family].family} daddr @bound ${CLAMP} ${segmentOf(family, mss)}
  }`,
});

const CLAMP = 'tcp flags & (syn | rst) == syn counter tcp option maxseg size set';
