import type { BgpConfig, Config, PeerConfig, PeerPlace } from '../config/config.ts';
import { type Address, FAMILIES, type Family, familyOf, type Prefix, prefixContains } from '../model/address.ts';
import type { Peer, Secret } from '../model/path.ts';
import { familiesOf } from './ranges.ts';
import { isSelected, type NodeIdentity } from './selector.ts';
import { announcedHosts } from './wanted-bgp.ts';

/** What is known of the password in a file: one that was read stays, whatever has become of the file since. */
export interface Password {
  /** Undefined while it could never be read. */
  readonly secret: Secret | undefined;
  /** Why the file cannot be used as it is now; undefined where it can. */
  readonly problem: string | undefined;
}

/** What the configuration leaves open of peers, as this node knows it now. */
export interface PeerFacts extends NodeIdentity {
  /** Where the default routes lead to, by the name of the place. */
  readonly gateways: ReadonlyMap<string, readonly Address[]>;
  /** By file. */
  readonly passwords: ReadonlyMap<string, Password>;
  /** What this node serves: whatever lies in there is this node itself. */
  readonly served: readonly Prefix[];
  /** The families there is anything to announce of. */
  readonly families: readonly Family[];
}

/** The peers of this node, and a sentence for each thing about them that is not known or not right. */
export interface ResolvedPeers {
  readonly peers: readonly Peer[];
  /** Each begins with the address or the place of the peer. */
  readonly problems: readonly string[];
  /** Those that are left out until more is known: an earlier agent may have known it. */
  readonly pending: readonly Address[];
}

/** The name of a place: its address, or `gateway/ipv4`, or `gateway/ipv4/eth0`. */
export const placeName = (place: PeerPlace): string =>
  place.kind === 'address' ? place.address : ['gateway', place.family, place.interface ?? []].flat().join('/');

/**
 * The peers of this node, in the order of the configuration. One of which something is not known is left out with a
 * problem, and so is one that resolves to an address that another one has already: the rest is not held up.
 */
export function peersOf({ peers }: Pick<BgpConfig, 'peers'>, facts: PeerFacts): ResolvedPeers {
  const found = peers.map((peer) => resolve(peer, facts, defaultFamilies(peers, facts)));
  const kept = new Map<Address, Peer>();
  const problems = found.flatMap((one) => one.problems);
  for (const peer of found.flatMap((one) => one.peers)) {
    if (kept.has(peer.address)) problems.push(`${peer.address} is the address of two peers; the first one counts`);
    else kept.set(peer.address, peer);
  }
  const pending = found.flatMap((one) => one.pending).filter((address) => !kept.has(address));
  return { peers: [...kept.values()], problems, pending };
}

/** What is announced is of these families, and what peers may be in is none of this. */
export function peerScope(config: Config): Pick<PeerFacts, 'served' | 'families'> {
  const { externalIPs, loadBalancerIPs } = config.dataplane;
  return {
    served: [...config.ranges, ...externalIPs, ...loadBalancerIPs],
    // A session would have to end to carry one more family: what the cluster may add some day is in there from the start.
    families:
      config.rangesFrom === 'service-cidrs' ? FAMILIES : familiesOf([...config.ranges, ...announcedHosts(config)]),
  };
}

type FamiliesBySession = Readonly<Record<Family, readonly Family[]>>;

/**
 * What a session carries that is not told: its own family, and over IPv4 the IPv6 ranges as well where no session over IPv6
 * could carry them. It is the whole configuration that decides, so that no session ends for what becomes known of a node.
 */
function defaultFamilies(peers: readonly PeerConfig[], { families }: PeerFacts): FamiliesBySession {
  const alone = !peers.some(({ place }) => placeFamily(place) === 'ipv6');
  return { ipv4: alone && families.includes('ipv6') ? FAMILIES : ['ipv4'], ipv6: ['ipv6'] };
}

const placeFamily = (place: PeerPlace): Family => (place.kind === 'address' ? familyOf(place.address) : place.family);

function resolve(peer: PeerConfig, facts: PeerFacts, byDefault: FamiliesBySession): ResolvedPeers {
  const { families, nodes, passwordFile, place, ...settings } = peer;
  const name = placeName(place);
  const selected = isSelected(nodes, facts);
  const { addresses, problems } = addressesOf(place, facts);
  if (selected === undefined) {
    return leftOut(addresses, `${name} depends on labels of this node, which are not known yet`);
  }
  if (!selected) return { peers: [], problems: [], pending: [] };
  const password = passwordFile === undefined ? undefined : facts.passwords.get(passwordFile);
  if (passwordFile !== undefined && password?.secret === undefined) {
    return leftOut(addresses, `${name}: ${password?.problem ?? `${passwordFile} has not been read yet`}`);
  }
  const problem = password?.problem === undefined ? [] : [`${name}: ${password.problem}`];
  const rest = { ...settings, ...(password?.secret && { password: password.secret }) };
  return {
    peers: addresses.map((address) => ({ ...rest, address, families: families ?? byDefault[familyOf(address)] })),
    problems: [...problem, ...problems],
    pending: [],
  };
}

interface Addresses {
  readonly addresses: readonly Address[];
  readonly problems: readonly string[];
}

function addressesOf(place: PeerPlace, { gateways, served }: PeerFacts): Addresses {
  const name = placeName(place);
  const found = place.kind === 'address' ? [place.address] : (gateways.get(name) ?? []);
  if (found.length === 0)
    return { addresses: [], problems: [`${name}: no default route with a gateway was found yet`] };
  const problems = found.flatMap((address) => {
    const problem = addressProblem(address, served);
    return problem === undefined ? [] : [{ address, text: `${address}: ${problem}` }];
  });
  return {
    addresses: found.filter((address) => !problems.some((one) => one.address === address)),
    problems: problems.map(({ text }) => text),
  };
}

/** A session with a link-local address needs its interface beside it, which gobgpd takes in its own file only. */
function addressProblem(address: Address, served: readonly Prefix[]): string | undefined {
  const inside = served.find((prefix) => prefixContains(prefix, address));
  if (inside !== undefined) return `expected an address outside of ${inside}, which this node serves`;
  return prefixContains('fe80::/10', address) ? 'expected a global address, found one of a single link' : undefined;
}

const leftOut = (pending: readonly Address[], problem: string): ResolvedPeers => ({
  peers: [],
  problems: [problem],
  pending,
});
