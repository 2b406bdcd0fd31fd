import type { Config } from '../config/config.ts';
import { type Uplink as UplinkState, judgeUplinks } from '../health/uplinks.ts';
import type { Address } from '../model/address.ts';
import type { Peer, PeerStatus } from '../model/path.ts';
import { error, type Finding, isUnknown, ok, type Unknown, warning } from './finding.ts';
import type { Network, Way } from './network.ts';

/** How a peer is reached, and what came of it. */
export interface PeerFacts {
  readonly peer: Peer;
  readonly way: Way | undefined;
  /** The interface of the way; undefined where it is not known. */
  readonly uplink: UplinkState | undefined;
  /** Of the entry for its address, or that of the gateway, in the table of ARP or NDP; undefined where there is none. */
  readonly neighbour: string | undefined;
  /** What gobgpd says of the session; undefined where it has none. */
  readonly session: PeerStatus | undefined;
  /** Whether TCP was answered, where gobgpd has no session and the peer was asked; undefined where it was not. */
  readonly answered: true | Unknown | undefined;
}

/** Everything about one peer, the way before the session. */
export const peerFindings = (bgp: Pick<Config['bgp'], 'localAs'>, facts: PeerFacts): Finding[] => [
  wayFinding(bgp, facts),
  ...sessionFindings(facts),
];

/** What `fairlead run` would say as `peer-unresolved`. */
export const unresolvedFindings = (problems: readonly string[]): Finding[] =>
  problems.map((problem) =>
    warning('peer', problem, 'see `ip route`, the file with the password, the labels of the Node'),
  );

function wayFinding({ localAs }: Pick<Config['bgp'], 'localAs'>, facts: PeerFacts): Finding {
  const { peer, uplink, way } = facts;
  const check = `way to peer: ${peer.address}` as const;
  if (way === undefined)
    return error(check, 'no route', `see \`ip route get ${peer.address}\`, and the address of the uplink`);
  if (way.type === 'local')
    return error(check, 'an address of this node itself', 'put the address of the switch into bgp.peers');
  if (way.type !== 'unicast') return error(check, `the route is ${way.type}`, `see \`ip route get ${peer.address}\``);
  const { detail, ok: isUp } = judgeUplinks([{ peer: peer.address, now: uplink, before: undefined }]);
  if (uplink !== undefined && !isUp)
    return error(check, detail, `\`ip link set ${way.interface} up\`; see its cable and the port of the switch`);
  return hopFinding(peer, way, localAs) ?? neighbourFinding(facts, way);
}

/** Between two of different AS the packets of BGP have a TTL of 1, where nothing else is said (RFC 4271, RFC 5082). */
function hopFinding(peer: Peer, { gateway, interface: name }: Way, localAs: number): Finding | undefined {
  const check = `way to peer: ${peer.address}` as const;
  if (gateway === undefined) return undefined;
  const found = `by the gateway ${gateway} on ${name}`;
  if (peer.ttlSecurity)
    return error(
      check,
      `${found}, and ttlSecurity takes packets of a neighbour alone`,
      'take `ttlSecurity` out of the peer',
    );
  if (peer.as === localAs || (peer.multihopTtl ?? 1) > 1) return undefined;
  const remedy = `set \`multihop: 2\` or more for the peer, or give ${name} an address of its network`;
  return error(check, `${found}, and the TTL of the session is 1: it ends there`, remedy);
}

function neighbourFinding({ neighbour, peer }: PeerFacts, { gateway, interface: name }: Way): Finding {
  const check = `way to peer: ${peer.address}` as const;
  const found = `${gateway === undefined ? 'on' : `by ${gateway} on`} ${name}`;
  if (neighbour !== 'FAILED') return ok(check, found);
  const remedy = 'see the VLAN and the address of the switch, and `ip neigh`';
  return error(check, `${found}: ${gateway ?? peer.address} does not answer ARP or NDP`, remedy);
}

function sessionFindings({ answered, peer, session }: PeerFacts): Finding[] {
  const check = `peer: ${peer.address}` as const;
  if (session !== undefined && session.state !== 'unknown') return [stateFinding(session)];
  if (answered === undefined)
    return [
      ok(
        check,
        'not asked: gobgpd says nothing of it, and may be about to, or the peer wants a password or opens the session itself',
      ),
    ];
  if (!isUnknown(answered))
    return [ok(check, `TCP ${peer.port} answers (opened and closed again, without a word of BGP)`)];
  const remedy = `see whether the switch has this node as a neighbour, and its firewall: TCP ${peer.port} from here`;
  return [warning(check, `TCP ${peer.port}: ${answered.problem}`, remedy)];
}

function stateFinding({ address, bfd, lastError, state }: PeerStatus): Finding {
  const check = `peer: ${address}` as const;
  if (state !== 'established')
    return error(
      check,
      `the session is ${state}${lastError === undefined ? '' : `: ${lastError}`}`,
      'compare the peering configuration of the switch: addresses, AS numbers, password',
    );
  if (bfd === undefined || bfd === 'up' || bfd === 'unsupported') return ok(check, 'established');
  const remedy =
    'see whether the switch has BFD for this session, and whether UDP 3784 gets through in both directions';
  return warning(check, `established, and BFD is ${bfd}`, remedy);
}

/** The interface by its name, and the entry for the next hop. */
export function nextHopIn(
  { links, neighbours }: Network,
  peer: Address,
  way: Way | undefined,
): Pick<PeerFacts, 'uplink' | 'neighbour'> {
  const link = links.find(({ name }) => name === way?.interface);
  const hop = way?.gateway ?? peer;
  return {
    uplink: link && { name: link.name, up: link.up },
    neighbour: neighbours.find((one) => one.address === hop && one.interface === way?.interface)?.state,
  };
}
