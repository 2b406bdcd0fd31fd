import { error, type Finding, ok, warning } from './finding.ts';
import type { NetworkLink } from './network.ts';

export interface MtuFacts {
  /** The interfaces that the peers are reached by. */
  readonly uplinks: readonly NetworkLink[];
  /** Interfaces that put the packets of pods into others: those whose kind is in `OVERHEAD`. */
  readonly tunnels: readonly NetworkLink[];
  /** Whether there is a range of IPv6. */
  readonly ipv6: boolean;
  /** Bytes; undefined for none. */
  readonly mssClamp: number | undefined;
}

/** What each kind of tunnel puts before a packet at least, over IPv4: outer headers and its own. */
export const OVERHEAD: ReadonlyMap<string, number> = new Map([
  ['vxlan', 50],
  ['geneve', 50],
  ['ipip', 20],
  ['gre', 24],
  ['wireguard', 60],
]);

/** RFC 8200 section 5. */
const LEAST_IPV6 = 1280;
/** Headers of IPv4 and TCP. */
const HEADERS = 40;
/** What the way to a client on the Internet carries, as a rule. */
const ETHERNET = 1500;

export const mtuFindings = (facts: MtuFacts): Finding[] => [
  ...facts.uplinks.map((link) => uplinkFinding(link, facts)),
  ...facts.tunnels.map((link) => tunnelFinding(link, facts)),
  ...clampFindings(facts),
];

function uplinkFinding({ mtu, name }: NetworkLink, { ipv6, uplinks }: MtuFacts): Finding {
  const check = `mtu: ${name}` as const;
  if (ipv6 && mtu < LEAST_IPV6)
    return error(
      check,
      `${mtu}: IPv6 needs ${LEAST_IPV6}`,
      `\`ip link set ${name} mtu ${ETHERNET}\`, if the switch carries it`,
    );
  const largest = Math.max(...uplinks.map((one) => one.mtu));
  if (mtu === largest) return ok(check, `${mtu}`);
  const found = `${mtu}, and another uplink has ${largest}: a connection that moves between them may hang`;
  return warning(check, found, `\`ip link set ${name} mtu ${largest}\`, if the switch carries it`);
}

/** Packets for pods go out by an uplink's network as a rule: what does not fit there is lost or cut into pieces. */
function tunnelFinding({ kind = '', mtu, name }: NetworkLink, { uplinks }: MtuFacts): Finding {
  const check = `mtu: ${name}` as const;
  const overhead = OVERHEAD.get(kind) ?? 0;
  const carried = Math.max(...uplinks.map((one) => one.mtu));
  if (uplinks.length === 0 || mtu + overhead <= carried) return ok(check, `${mtu}, ${kind}`);
  const found = `${mtu}, ${kind}: with ${overhead} bytes of headers more than the ${carried} of the uplinks`;
  return warning(check, found, `set the MTU of the pods' network to ${carried - overhead} in its configuration`);
}

/** Where the clamp is needed, and where it does nothing. */
function clampFindings({ mssClamp, tunnels, uplinks }: MtuFacts): Finding[] {
  const check = 'mss clamp';
  const mtus = [...uplinks, ...tunnels].map(({ mtu }) => mtu);
  if (mtus.length === 0) return [];
  const fits = Math.min(ETHERNET, ...mtus) - HEADERS;
  if (mssClamp !== undefined && mssClamp <= fits) return [ok(check, `${mssClamp}, of at most ${fits}`)];
  const found = `${mssClamp ?? 'off'}: segments of more than ${fits} bytes may meet a link that is too narrow, and the message that says so may reach another lb node: the client hangs`;
  return [warning(check, found, `set \`dataplane.mssClamp: auto\`, or ${fits} at most`)];
}
