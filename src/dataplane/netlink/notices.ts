import { type Address, formatAddress, type Prefix, parsePrefix } from '../../model/address.ts';
import { type Message, readAttributes } from './codec.ts';

/** What the kernel says has changed, as far as anybody here asks for it. */
export type Notice =
  | { readonly kind: 'route'; readonly gone: boolean; readonly protocol: number; readonly prefix: Prefix }
  /** A default route of the table main. */
  | { readonly kind: 'gateway' }
  | { readonly kind: 'link'; readonly gone: boolean; readonly name: string }
  | { readonly kind: 'address'; readonly gone: boolean; readonly address: Address }
  /** Forwarding or the reverse path filter, for all interfaces at once. */
  | { readonly kind: 'forwarding' }
  | { readonly kind: 'nftables'; readonly table: string }
  /** Something that nobody can tell any more: more has changed than the socket could hold. */
  | { readonly kind: 'lost' };

/** include/uapi/linux/rtnetlink.h, if_link.h, if_addr.h, netconf.h */
const RTM = { newLink: 16, delLink: 17, newAddress: 20, delAddress: 21, newRoute: 24, delRoute: 25, newNetconf: 80 };
const TABLE_MAIN = 254;
const TABLE_LOCAL = 255;
const RTM_F_CLONED = 0x200;
const RTA_DST = 1;
const IFLA_IFNAME = 3;
const IFA = { address: 1, local: 2 };
const NETCONFA_IFINDEX = 1;
/** NETCONFA_IFINDEX_ALL; every single interface sends one of its own beside it. */
const ALL_INTERFACES = -1;
/** struct rtmsg, ifinfomsg, ifaddrmsg, netconfmsg and nfgenmsg with their padding. */
const HEADER = { route: 12, link: 16, address: 8, netconf: 4, netfilter: 4 };

/**
 * A message of rtnetlink; undefined where it says nothing of use. Of routes only those in the tables local and main, and
 * no cache entry; what has no destination is for everything. What a busy host sends most of all, routes of other tables, is told by a byte.
 */
export function decodeRtnetlink({ type, payload }: Message): Notice | undefined {
  switch (type) {
    case RTM.newRoute:
    case RTM.delRoute:
      return decodeRoute(payload, type === RTM.delRoute);
    case RTM.newLink:
    case RTM.delLink:
      return decodeLink(payload, type === RTM.delLink);
    case RTM.newAddress:
    case RTM.delAddress:
      return decodeAddress(payload, type === RTM.delAddress);
    case RTM.newNetconf:
      return decodeNetconf(payload);
    default:
      return undefined;
  }
}

function decodeRoute(payload: Buffer, gone: boolean): Notice | undefined {
  if (payload.length < HEADER.route) return undefined;
  const [, length = 0, , , table, protocol = 0] = payload;
  const cloned = (payload.readUInt32LE(8) & RTM_F_CLONED) !== 0;
  if ((table !== TABLE_LOCAL && table !== TABLE_MAIN) || cloned) return undefined;
  const destination = readAttributes(payload.subarray(HEADER.route)).get(RTA_DST);
  const prefix = destination && parsePrefix(`${formatAddress(destination)}/${length}`);
  if (prefix) return { kind: 'route', gone, protocol, prefix };
  return destination === undefined && length === 0 && table === TABLE_MAIN ? { kind: 'gateway' } : undefined;
}

function decodeLink(payload: Buffer, gone: boolean): Notice | undefined {
  const name = readAttributes(payload.subarray(HEADER.link)).get(IFLA_IFNAME);
  return name && { kind: 'link', gone, name: text(name) };
}

function decodeAddress(payload: Buffer, gone: boolean): Notice | undefined {
  const attributes = readAttributes(payload.subarray(HEADER.address));
  const address = attributes.get(IFA.local) ?? attributes.get(IFA.address);
  return address && { kind: 'address', gone, address: formatAddress(address) };
}

function decodeNetconf(payload: Buffer): Notice | undefined {
  const index = readAttributes(payload.subarray(HEADER.netconf)).get(NETCONFA_IFINDEX);
  return index?.readInt32LE(0) === ALL_INTERFACES ? { kind: 'forwarding' } : undefined;
}

/** include/uapi/linux/netfilter/nf_tables.h: in every message but that of a new generation, attribute 1 names the table. */
const NFNL_SUBSYS_NFTABLES = 10;
const NFT_MSG_NEWGEN = 15;
const NFTA_TABLE = 1;

/** A message of nf_tables; undefined where it names no table. */
export function decodeNftables({ type, payload }: Message): Notice | undefined {
  if (type >> 8 !== NFNL_SUBSYS_NFTABLES || (type & 0xff) === NFT_MSG_NEWGEN) return undefined;
  const table = readAttributes(payload.subarray(HEADER.netfilter)).get(NFTA_TABLE);
  return table && { kind: 'nftables', table: text(table) };
}

const text = (bytes: Buffer): string => bytes.toString('latin1').replace(/\0.*$/s, '');
