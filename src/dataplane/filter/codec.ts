import { addressBytes, type Family, formatAddress } from '../../model/address.ts';
import { formatEndpoint, type Protocol, splitVirtualServerKey } from '../../model/virtual-server.ts';
import { listAttributes, readAttributes, type Writer } from '../netlink/codec.ts';

/** What the kernel tells a set by, and what it has to know to make one. */
export interface SetIdentity {
  readonly name: string;
  /** What a member is: `tcp/10.99.66.10:80`, the key of a virtual server, or an address. */
  readonly type: 'hash:ip,port' | 'hash:ip';
  readonly family: Family;
}

/** The key of a virtual server over IPv6 has its address in brackets; that over IPv4 has a colon too. */
export const familyOfMember = (member: string): Family =>
  member.includes('[') || (member.includes(':') && !member.includes('/')) ? 'ipv6' : 'ipv4';

/** include/uapi/linux/netfilter/ipset/ip_set.h: IPSET_CMD_* below the subsystem's number. */
const NFNL_SUBSYS_IPSET = 6;
export const COMMAND = {
  create: (NFNL_SUBSYS_IPSET << 8) | 2,
  destroy: (NFNL_SUBSYS_IPSET << 8) | 3,
  list: (NFNL_SUBSYS_IPSET << 8) | 7,
  add: (NFNL_SUBSYS_IPSET << 8) | 9,
  delete: (NFNL_SUBSYS_IPSET << 8) | 10,
  header: (NFNL_SUBSYS_IPSET << 8) | 12,
} as const;

/** struct nfgenmsg. */
export const ipsetHeader = (family: Family): Uint8Array => Uint8Array.of(NFPROTO[family], 0, 0, 0);

/** IPSET_ATTR_* at the three levels they appear on. */
const ATTR = { protocol: 1, name: 2, type: 3, revision: 4, family: 5, data: 7, members: 8 } as const;
const DATA = { address: 1, port: 4, protocol: 7, maximum: 19 } as const;
/** IPSET_ATTR_IPADDR_IPV4 and _IPV6 */
const ADDRESS = { ipv4: 1, ipv6: 2 } as const;
const NET_BYTEORDER = 0x4000;
const NFPROTO = { ipv4: 2, ipv6: 10 } as const;
const HEADER_LENGTH = 4;

const IPSET_PROTOCOL = 6;
/** Revisions that every kernel since 3.19 knows. */
const REVISION = { 'hash:ip,port': 5, 'hash:ip': 4 } as const;
/** The default of 65,536 members is too few for a large cluster (kubernetes #129389). */
const MAXIMUM = 1_048_576;
const NUMBER: Readonly<Record<Protocol, number>> = { tcp: 6, udp: 17, sctp: 132 };
const NAME = new Map(Object.entries(NUMBER).map(([name, number]) => [number, name]));

export function encodeCreate({ name, type, family }: SetIdentity, writer: Writer): void {
  encodeName(name, writer);
  writer.text(ATTR.type, type);
  writer.u8(ATTR.revision, REVISION[type]);
  writer.u8(ATTR.family, NFPROTO[family]);
  writer.nest(ATTR.data, () => writer.be32(DATA.maximum | NET_BYTEORDER, MAXIMUM));
}

export function encodeName(name: string, writer: Writer): void {
  writer.u8(ATTR.protocol, IPSET_PROTOCOL);
  writer.text(ATTR.name, name);
}

/** Writes one member in the words of its set's type: `tcp/10.99.66.10:80`, `tcp/[fd99:66::10]:80` or an address. */
export function encodeMember({ name, type, family }: SetIdentity, member: string, writer: Writer): void {
  const server = type === 'hash:ip' ? undefined : splitVirtualServerKey(member);
  const address = addressBytes(server?.address ?? member);
  encodeName(name, writer);
  writer.nest(ATTR.data, () => {
    writer.nest(DATA.address, () => writer.bytesOf(ADDRESS[family] | NET_BYTEORDER, address));
    if (server === undefined) return;
    writer.be16(DATA.port | NET_BYTEORDER, server.port);
    writer.u8(DATA.protocol, NUMBER[server.protocol]);
  });
}

/** The members in one message of a listing, in the words of the set's type. */
export function decodeMembers(identity: SetIdentity, payload: Buffer): string[] {
  const members = readAttributes(payload.subarray(HEADER_LENGTH)).get(ATTR.members);
  return members ? listAttributes(members).flatMap(([, member]) => decodeMember(identity, member) ?? []) : [];
}

function decodeMember({ type, family }: SetIdentity, bytes: Buffer): string | undefined {
  const member = readAttributes(bytes);
  const found = readAttributes(member.get(DATA.address) ?? Buffer.alloc(0)).get(ADDRESS[family]);
  if (found === undefined) return undefined;
  const address = formatAddress(found);
  if (type === 'hash:ip') return address;
  const protocol = NAME.get(member.get(DATA.protocol)?.readUInt8(0) ?? 0);
  return protocol && `${protocol}/${formatEndpoint({ address, port: member.get(DATA.port)?.readUInt16BE(0) ?? 0 })}`;
}
