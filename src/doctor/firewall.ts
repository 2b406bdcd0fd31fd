import type { Family, Prefix } from '../model/address.ts';
import { familyOf, prefixAddress } from '../model/address.ts';
import type { Peer } from '../model/path.ts';
import { error, type Finding, ok, type Unknown, warning } from './finding.ts';
import type { Way } from './network.ts';
import { type Chains, type Entry, fateOf, type Packet } from './rules.ts';

/** A place where packets are let through or not. Each of them has to let a packet pass. */
export interface Gate extends Entry {
  readonly hook: 'forward' | 'input';
  /** Undefined for both. */
  readonly family: Family | undefined;
  /** As `iptables-legacy`. */
  readonly where: string;
  readonly chains: Chains;
  /** The command that lets something pass before all else. */
  readonly letPass: (what: Passage) => string;
  /** Whether the rules of our own agent come first here, and overrule what follows. */
  readonly ours: boolean;
  /** Whether it stands before IPVS, which takes what it serves (at priority 98). */
  readonly early: boolean;
}

/** What has to get through, and what is lost where it does not. */
export interface Passage {
  readonly hook: Gate['hook'];
  readonly packet: Packet;
  readonly name: string;
  /** What it is for, where it is for clients. */
  readonly range?: Prefix;
  readonly lost: string;
  readonly vital: boolean;
  /** Whether the agent opens its own firewall for it. */
  readonly opened: boolean;
}

export interface PassageFacts {
  readonly ranges: readonly Prefix[];
  readonly peers: readonly Peer[];
  readonly ways: ReadonlyMap<string, Way | undefined>;
  readonly listenPort: number;
}

const BFD_PORT = 3784;

/** What an lb node has to let through: of clients, of pods, and of its peers. */
export const passages = ({ listenPort, peers, ranges, ways }: PassageFacts): Passage[] => [
  ...ranges.flatMap(servingPassages),
  ...peers.flatMap((peer) => peerPassages(peer, ways.get(peer.address), listenPort)),
];

const servingPassages = (range: Prefix): Passage[] => {
  const family = familyOf(range);
  const openedTo = prefixAddress(range);
  return [
    {
      hook: 'forward',
      name: `replies of the pods to clients of ${range}`,
      packet: { family, protocol: 'tcp', state: 'established', direction: 'reply', openedTo },
      lost: 'every connection times out',
      vital: true,
      opened: true,
    },
    {
      hook: 'input',
      range,
      name: `connections to ${range}`,
      packet: { family, protocol: 'tcp', state: 'new', direction: 'original', destination: openedTo, openedTo },
      lost: 'every connection times out',
      vital: true,
      opened: true,
    },
  ];
};

function peerPassages({ address, bfd, passive }: Peer, way: Way | undefined, listenPort: number): Passage[] {
  const from = {
    family: familyOf(address),
    source: address,
    state: 'new',
    direction: 'original',
    ...(way && { incoming: way.interface }),
    ...(way?.source !== undefined && { destination: way.source }),
  } as const;
  const session: Passage = {
    hook: 'input',
    name: `TCP ${listenPort} from ${address}`,
    packet: { ...from, protocol: 'tcp', port: listenPort },
    lost: passive ? 'the session never comes up' : 'only this node can open the session',
    vital: passive,
    opened: false,
  };
  const watch: Passage = {
    hook: 'input',
    name: `UDP ${BFD_PORT} from ${address}`,
    packet: { ...from, protocol: 'udp', port: BFD_PORT },
    lost: 'BFD never comes up',
    vital: false,
    opened: false,
  };
  return [...(listenPort > 0 ? [session] : []), ...(bfd === undefined ? [] : [watch])];
}

/** Whether each passage is open at every gate. What the agent's own rules let through is. */
export const passageFindings = (wanted: readonly Passage[], gates: readonly Gate[]): Finding[] =>
  wanted.flatMap((passage) => {
    const wrong = gates
      .filter((gate) => gate.hook === passage.hook && (gate.family ?? passage.packet.family) === passage.packet.family)
      .filter((gate) => !(passage.opened && (gate.ours || (passage.hook === 'input' && !gate.early))))
      .flatMap((gate) => gateFinding(passage, gate) ?? []);
    return wrong.length > 0 ? wrong : [ok(passage.hook, `${passage.name}: let through`)];
  });

function gateFinding(passage: Passage, gate: Gate): Finding | undefined {
  const { by, kind } = fateOf(gate.chains, gate, passage.packet);
  if (kind === 'passes') return undefined;
  const dropped = passage.vital && kind === 'dropped';
  const found = `${passage.name}: ${kind === 'dropped' ? '' : 'unless another rule lets them pass, '}dropped in ${gate.where} by ${by}: ${passage.lost}`;
  return (dropped ? error : warning)(
    passage.hook,
    found,
    `\`${gate.letPass(passage)}\`, and where the firewall of the node is kept`,
  );
}

/** Which firewall the agent would take, and why not the other one. */
export interface Choice {
  readonly kind: 'nftables' | 'iptables';
  /** Why nf_tables does not do; undefined where it was not asked, or does. */
  readonly refusal: string | undefined;
  /** Why iptables does not do; undefined where it was not asked, or does. */
  readonly lacking: Unknown | undefined;
}

export function choiceFinding({ kind, lacking, refusal }: Choice): Finding {
  const why = refusal === undefined ? '' : ` (nf_tables: ${refusal.split('\n')[0]})`;
  if (kind === 'nftables' && refusal !== undefined)
    return error(
      'firewall',
      `nftables is asked for, and does not do${why}`,
      'set `dataplane.firewall: auto`, or load nf_tables, nft_chain_nat, nft_masq and nft_reject',
    );
  if (lacking === undefined) return ok('firewall', `${kind}${why}`);
  return error(
    'firewall',
    `${kind}: ${lacking.problem}${why}`,
    'install nftables, or iptables and ip_tables, iptable_nat, xt_ipvs and ip_set_hash_ipport of this kernel',
  );
}
