import { addressBytes, formatAddress } from '../../model/address.ts';
import { formatEndpoint } from '../../model/virtual-server.ts';
import { listAttributes, readAttributes, type Writer } from '../netlink/codec.ts';

/** include/uapi/linux/netfilter/ipset/ip_set.h: IPSET_CMD_* below the subsystem's number. */
const NFNL_SUBSYS_IPSET = 6;
export const COMMAND = {
  create: (NFNL_SUBSYS_IPSET << 8) | 2,
  list: (NFNL_SUBSYS_IPSET << 8) | 7,
  add: (NFNL_SUBSYS_IPSET << 8) | 9,
  delete: (NFNL_SUBSYS_IPSET << 8) | 10,
} as const;

/** struct nfgenmsg for IPv4. */
export const IPSET_HEADER: Uint8Array = Uint8Array.of(2, 0, 0, 0);

/** IPSET_ATTR_* at the three levels they appear on. */
const ATTR = { protocol: 1, name: 2, type: 3, revision: 4, family: 5, data: 7, members: 8 } as const;
const DATA = { address: 1, port: 4, protocol: 7, maximum: 19 } as const;
const IPV4 = 1;
const NET_BYTEORDER = 0x4000;

const IPSET_PROTOCOL = 6;
/** A revision of hash:ip,port that every kernel since 3.19 knows. */
const REVISION = 5;
const AF_INET = 2;
/** The default of 65,536 members is too few for a large cluster (kubernetes #129389). */
const MAXIMUM = 1_048_576;
const NUMBER = new Map([
  ['tcp', 6],
  ['udp', 17],
  ['sctp', 132],
]);
const NAME = new Map([...NUMBER].map(([name, number]) => [number, name]));

export function encodeCreate(set: string, writer: Writer): void {
  encodeName(set, writer);
  writer.text(ATTR.type, 'hash:ip,port');
  writer.u8(ATTR.revision, REVISION);
  writer.u8(ATTR.family, AF_INET);
  writer.nest(ATTR.data, () => writer.be32(DATA.maximum | NET_BYTEORDER, MAXIMUM));
}

export function encodeName(set: string, writer: Writer): void {
  writer.u8(ATTR.protocol, IPSET_PROTOCOL);
  writer.text(ATTR.name, set);
}

/** Writes one member, given as the key of a virtual server: `tcp/10.99.66.10:80`. */
export function encodeMember(set: string, key: string, writer: Writer): void {
  const [, protocol = '', address = '', port = ''] = /^(\w+)\/(.*):(\d+)$/.exec(key) ?? [];
  encodeName(set, writer);
  writer.nest(ATTR.data, () => {
    writer.nest(DATA.address, () => writer.bytesOf(IPV4 | NET_BYTEORDER, addressBytes(address)));
    writer.be16(DATA.port | NET_BYTEORDER, Number(port));
    writer.u8(DATA.protocol, NUMBER.get(protocol) ?? 0);
  });
}

/** The members in one message of a listing, as keys of virtual servers. */
export function decodeMembers(payload: Buffer): string[] {
  const members = readAttributes(payload.subarray(IPSET_HEADER.length)).get(ATTR.members);
  return members ? listAttributes(members).flatMap(([, member]) => decodeMember(member) ?? []) : [];
}

function decodeMember(bytes: Buffer): string | undefined {
  const member = readAttributes(bytes);
  const address = readAttributes(member.get(DATA.address) ?? Buffer.alloc(0)).get(IPV4);
  const protocol = NAME.get(member.get(DATA.protocol)?.readUInt8(0) ?? 0);
  if (address === undefined || protocol === undefined) return undefined;
  return `${protocol}/${formatEndpoint({ address: formatAddress(address), port: member.get(DATA.port)?.readUInt16BE(0) ?? 0 })}`;
}
