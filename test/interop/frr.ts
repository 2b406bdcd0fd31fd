import { type Address, type Family, familyOf, type Prefix } from '../../src/model/address.ts';
import { GRACEFUL_SHUTDOWN } from '../../src/model/path.ts';
import type { SeenPath, SeenSession, SwitchConfig, SwitchSession } from './switch.ts';

/** The configuration of FRR for what a switch is to do. */
export function frrConfig({ localAs, originated, routerId, sessions }: SwitchConfig): string {
  const lines = [
    `router bgp ${localAs}`,
    ` bgp router-id ${routerId}`,
    ' no bgp ebgp-requires-policy',
    ' no bgp default ipv4-unicast',
    ' no bgp network import-check',
    ' bgp bestpath as-path multipath-relax',
    ...sessions.flatMap((session) => neighborLines(session).map((line) => ` neighbor ${session.neighbor} ${line}`)),
    ...(['ipv4', 'ipv6'] as const).flatMap((family) => familyLines(family, sessions, originated)),
    'exit',
  ];
  return `${lines.join('\n')}\n`;
}

function neighborLines(session: SwitchSession): string[] {
  return [
    `remote-as ${session.as}`,
    `update-source ${session.local}`,
    'timers 3 9',
    'timers connect 1',
    'advertisement-interval 0',
    ...(session.password === undefined ? [] : [`password ${session.password}`]),
    ...(session.ttlSecurity ? ['ttl-security hops 1'] : []),
    ...(session.multihopTtl === undefined ? [] : [`ebgp-multihop ${session.multihopTtl}`]),
    ...(session.passive ? ['passive'] : []),
    ...(session.bfd ? ['bfd 3 300 300'] : []),
  ];
}

function familyLines(
  family: Family,
  sessions: readonly SwitchSession[],
  originated: SwitchConfig['originated'],
): string[] {
  const neighbors = sessions.filter(({ families }) => families.includes(family));
  return [
    ` address-family ${family} unicast`,
    ...neighbors.map(({ neighbor }) => `  neighbor ${neighbor} activate`),
    ...originated.filter((prefix) => familyOf(prefix) === family).map((prefix) => `  network ${prefix}`),
    '  maximum-paths 16',
    '  maximum-paths ibgp 16',
    ' exit-address-family',
  ];
}

/** A word of FRR's for a community that RFC 8326 has given a name. */
const communityOf = (text: string): string => (/^graceful.?shutdown$/i.test(text) ? GRACEFUL_SHUTDOWN : text);

interface FrrNeighbor {
  readonly bgpState: string;
  readonly bgpTimerHoldTimeMsecs?: number;
  readonly connectionsEstablished?: number;
  readonly messageStats?: { readonly updatesRecv: number };
}

/** One neighbour of `show bgp neighbors ADDRESS json`; undefined where it has none of that address. */
export function parseFrrSession(json: string, neighbor: Address): SeenSession | undefined {
  const found = (JSON.parse(json) as Record<string, FrrNeighbor | undefined>)[neighbor];
  if (typeof found !== 'object') return undefined;
  const { bgpState, bgpTimerHoldTimeMsecs, connectionsEstablished, messageStats } = found;
  return {
    established: bgpState === 'Established',
    state: bgpState,
    holdTimeSeconds: bgpTimerHoldTimeMsecs === undefined ? undefined : bgpTimerHoldTimeMsecs / 1000,
    updates: messageStats?.updatesRecv ?? 0,
    since: `connection ${connectionsEstablished ?? 0}`,
  };
}

interface FrrPath {
  readonly aspath: { readonly segments: readonly { readonly list: readonly number[] }[] };
  readonly metric?: number;
  readonly locPrf?: number;
  readonly community?: { readonly list: readonly string[] };
  readonly largeCommunity?: { readonly list: readonly string[] };
  readonly extendedCommunity?: { readonly string: string };
  readonly nexthops: readonly { readonly ip: string; readonly scope?: string }[];
  readonly peer: { readonly peerId: string };
}

/** The paths of `show bgp FAMILY unicast PREFIX json`, which is empty where it has none. */
export function parseFrrPaths(json: string): SeenPath[] {
  const { paths = [] } = JSON.parse(json) as { readonly paths?: readonly FrrPath[] };
  return paths.map((path) => ({
    from: path.peer.peerId,
    nextHop: path.nexthops.find(({ scope }) => scope !== 'link-local')?.ip ?? '',
    asPath: path.aspath.segments.flatMap(({ list }) => list),
    communities: path.community?.list.map(communityOf) ?? [],
    largeCommunities: path.largeCommunity?.list ?? [],
    extendedCommunities: path.extendedCommunity ? [path.extendedCommunity.string] : [],
    med: path.metric,
    localPref: path.locPrf,
  }));
}

/** The prefixes of `show bgp FAMILY unicast neighbors ADDRESS routes json`. */
export const parseFrrPrefixes = (json: string): Prefix[] =>
  Object.keys((JSON.parse(json) as { readonly routes?: object }).routes ?? {});
