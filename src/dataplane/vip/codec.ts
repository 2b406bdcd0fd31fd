import {
  addressBytes,
  familyOf,
  type Family,
  formatAddress,
  parsePrefix,
  prefixAddress,
  prefixLength,
} from '../../model/address.ts';
import { readAttributes, type Writer } from '../netlink/codec.ts';
import type { RangeRoute } from './want.ts';

/** include/uapi/linux/rtnetlink.h */
export const RTM_NEWROUTE = 24;
export const RTM_DELROUTE = 25;
export const RTM_GETROUTE = 26;
/** Bytes of struct rtmsg before the attributes. */
export const ROUTE_HEADER = 12;

/** Our mark on a route, as in `ip route show table all proto 66`: no other program of the field uses the number. */
export const OUR_PROTOCOL = 66;
const AF = { ipv4: 2, ipv6: 10 } as const;
const TABLE = { local: 255, unreachable: 254 } as const;
const TYPE = { local: 2, unreachable: 7 } as const;
const SCOPE = { local: 254, unreachable: 0 } as const;
const RTA = { destination: 1, interface: 4, metric: 6, source: 7 } as const;
/** The loopback interface has this number in every network namespace. */
const LOOPBACK = 1;

/** struct rtmsg for one of our routes. */
export function routeHeader({ kind, prefix }: RangeRoute): Uint8Array {
  return rtmsg(familyOf(prefix), prefixLength(prefix), TABLE[kind], SCOPE[kind], TYPE[kind]);
}

/** struct rtmsg of a dump that the kernel filters by our mark (NETLINK_GET_STRICT_CHK). */
export const ownRoutesHeader = (family: Family): Uint8Array => rtmsg(family, 0, 0, 0, 0);

const rtmsg = (family: Family, length: number, table: number, scope: number, type: number): Uint8Array =>
  Uint8Array.of(AF[family], length, 0, 0, table, OUR_PROTOCOL, scope, type, 0, 0, 0, 0);

export function encodeRoute({ kind, prefix, metric, source }: RangeRoute, writer: Writer): void {
  writer.bytesOf(RTA.destination, addressBytes(prefixAddress(prefix)));
  if (kind === 'local') writer.u32(RTA.interface, LOOPBACK);
  if (metric > 0) writer.u32(RTA.metric, metric);
  if (source) writer.bytesOf(RTA.source, addressBytes(source));
}

/** One route of a dump; undefined where it is of a kind we never make. */
export function decodeRoute(payload: Buffer): RangeRoute | undefined {
  const kind = payload[7] === TYPE.local ? 'local' : payload[7] === TYPE.unreachable ? 'unreachable' : undefined;
  const attributes = readAttributes(payload.subarray(ROUTE_HEADER));
  const destination = attributes.get(RTA.destination);
  const prefix = destination && parsePrefix(`${formatAddress(destination)}/${payload[1]}`);
  if (kind === undefined || prefix === undefined) return undefined;
  const source = attributes.get(RTA.source);
  const metric = attributes.get(RTA.metric)?.readUInt32LE(0) ?? 0;
  return { prefix, kind, metric, source: source && formatAddress(source) };
}
