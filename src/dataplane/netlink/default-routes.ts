import { type Address, type Family, formatAddress } from '../../model/address.ts';
import { readAttributes } from './codec.ts';

/** A default route of the table main. */
export interface DefaultRoute {
  readonly family: Family;
  /** The lowest one counts. */
  readonly metric: number;
  /** Several where packets are spread over them. */
  readonly hops: readonly NextHop[];
}

export interface NextHop {
  /** The name of the interface. */
  readonly interface: string;
  /** Undefined where everything is said to be on the link itself, or the gateway is of the other family. */
  readonly gateway: Address | undefined;
}

/** include/uapi/linux/rtnetlink.h */
const AF = { ipv4: 2, ipv6: 10 } as const;
const TABLE_MAIN = 254;
const UNICAST = 1;
const RTA = { interface: 4, gateway: 5, metric: 6, multipath: 9 } as const;
/** Bytes of struct rtmsg and struct rtnexthop before the attributes. */
const RTMSG = 12;
const RTNEXTHOP = 8;

/** struct rtmsg of a dump that the kernel filters by table and type (NETLINK_GET_STRICT_CHK). */
export const mainRoutesHeader = (family: Family): Uint8Array =>
  Uint8Array.of(AF[family], 0, 0, 0, TABLE_MAIN, 0, 0, UNICAST, 0, 0, 0, 0);

/**
 * Whether a route of a dump is for everything: a table may have very many that are not, and some bytes tell. One for a
 * single source or a single kind of service is none.
 */
export function isDefaultRoute(payload: Buffer): boolean {
  const [, length, sourceLength, service, table, , , type] = payload;
  return length === 0 && sourceLength === 0 && service === 0 && table === TABLE_MAIN && type === UNICAST;
}

/** @param nameOf the name of the interface with a number */
export function decodeDefaultRoute(payload: Buffer, nameOf: (link: number) => string): DefaultRoute {
  const attributes = readAttributes(payload.subarray(RTMSG));
  const multipath = attributes.get(RTA.multipath);
  return {
    family: payload[0] === AF.ipv6 ? 'ipv6' : 'ipv4',
    metric: attributes.get(RTA.metric)?.readUInt32LE(0) ?? 0,
    hops: multipath
      ? decodeNextHops(multipath, nameOf)
      : [nextHopOf(nameOf(attributes.get(RTA.interface)?.readInt32LE(0) ?? 0), attributes)],
  };
}

/** struct rtnexthop one behind the other, each with its length in front and attributes behind. */
function decodeNextHops(bytes: Buffer, nameOf: (link: number) => string): NextHop[] {
  const hops: NextHop[] = [];
  for (let at = 0; at + RTNEXTHOP <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < RTNEXTHOP || at + length > bytes.length) break;
    const attributes = readAttributes(bytes.subarray(at + RTNEXTHOP, at + length));
    hops.push(nextHopOf(nameOf(bytes.readInt32LE(at + 4)), attributes));
    at += (length + 3) & ~3;
  }
  return hops;
}

function nextHopOf(name: string, attributes: ReadonlyMap<number, Buffer>): NextHop {
  const gateway = attributes.get(RTA.gateway);
  return { interface: name, gateway: gateway && formatAddress(gateway) };
}
