import type { Address, Family } from '../../model/address.ts';
import type { IptablesRules } from '../firewall/plan.ts';
import { inFamily, NFT_WORDS, type NftTable } from '../firewall/want.ts';

/** The BGP sessions of this node: those it opens to its peers, and those that they open to it. */
export interface Sessions {
  readonly peers: readonly { readonly address: Address; readonly port: number }[];
  /** Where gobgpd listens; undefined where it does not. */
  readonly listenPort: number | undefined;
}

/** The peers of one family, and the same port. */
export const sessionsIn = (family: Family, { listenPort, peers }: Sessions): Sessions => {
  const addresses = new Set(
    inFamily(
      family,
      peers.map(({ address }) => address),
    ),
  );
  return { listenPort, peers: peers.filter(({ address }) => addresses.has(address)) };
};

/** SO_MARK of the packets of ours that the fence lets pass. All 32 bits count, and no other program of the field has it. */
export const FENCE_MARK = 66;

const CHAIN = 'FAIRLEAD-FENCE';
const COMMENT = '--comment "fairlead: fence"';
const JUMP = `-p tcp -m mark ! --mark 0x${FENCE_MARK.toString(16)} -m comment ${COMMENT} -j ${CHAIN}`;
const REFUSE = '-j REJECT --reject-with tcp-reset';

/**
 * Every packet of a session is answered by a reset, to the peer where it comes from there, to gobgpd where it comes from
 * gobgpd. The sequence number of that reset is the one that the packet acknowledges, so the other end takes it (RFC 5961
 * section 3.2). Resets pass: one is how the kernel tells the peer that it has ended a connection.
 */
export const fenceRules = (family: Family, sessions: Sessions): IptablesRules => ({
  family,
  table: 'filter',
  chains: new Map([[CHAIN, ['-p tcp -m tcp --tcp-flags RST RST -j RETURN', ...refusalsOf(family, sessions)]]]),
  rules: [
    { chain: 'INPUT', rule: JUMP },
    { chain: 'OUTPUT', rule: JUMP },
  ],
  mark: COMMENT,
});

const refusalsOf = (family: Family, { listenPort, peers }: Sessions): string[] =>
  peers.flatMap(({ address, port }) => {
    const host = `${address}/${family === 'ipv4' ? 32 : 128}`;
    const either = [
      `-s ${host} -p tcp -m tcp --sport ${port} ${REFUSE}`,
      `-d ${host} -p tcp -m tcp --dport ${port} ${REFUSE}`,
    ];
    if (listenPort === undefined) return either;
    return [
      ...either,
      `-s ${host} -p tcp -m tcp --dport ${listenPort} ${REFUSE}`,
      `-d ${host} -p tcp -m tcp --sport ${listenPort} ${REFUSE}`,
    ];
  });

/** The same for nf_tables: ahead of the filters of others, where an answer that we wait for may be dropped as invalid. */
export function fenceTable(family: Family, { listenPort, peers }: Sessions): NftTable {
  const words = NFT_WORDS[family].family;
  const addresses = [...new Set(peers.map(({ address }) => address))].join(', ');
  const ends = peers.map(({ address, port }) => `${address} . ${port}`).join(', ');
  const listening = (address: 'saddr' | 'daddr', port: 'sport' | 'dport'): string =>
    listenPort === undefined ? '' : `\n    ${words} ${address} { ${addresses} } tcp ${port} ${listenPort} jump refuse`;
  return {
    family: words,
    name: 'fairlead-fence',
    body: `
  chain refuse {
    tcp flags & rst == 0 counter reject with tcp reset
  }
  chain input {
    type filter hook input priority -10; policy accept;
    meta mark ${FENCE_MARK} accept
    ${words} saddr . tcp sport { ${ends} } jump refuse${listening('saddr', 'dport')}
  }
  chain output {
    type filter hook output priority -10; policy accept;
    meta mark ${FENCE_MARK} accept
    ${words} daddr . tcp dport { ${ends} } jump refuse${listening('daddr', 'sport')}
  }`,
  };
}
