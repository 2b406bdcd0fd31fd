import { addressBytes, type Address, type Family, familyOf, formatAddress } from '../../model/address.ts';
import { readAttributes, type Writer } from '../netlink/codec.ts';

/** include/uapi/linux/netfilter/nfnetlink_conntrack.h: IPCTNL_MSG_CT_* below the subsystem's number. */
const NFNL_SUBSYS_CTNETLINK = 1;
export const GET_ENTRY = (NFNL_SUBSYS_CTNETLINK << 8) | 1;
export const DELETE_ENTRY = (NFNL_SUBSYS_CTNETLINK << 8) | 2;

/** CTA_*, CTA_TUPLE_*, CTA_IP_*, CTA_PROTO_*, CTA_FILTER_* of the same file. */
const CTA = { original: 1, reply: 2, id: 12, zone: 18, filter: 25 } as const;
const TUPLE = { ip: 1, protocol: 2 } as const;
const IP = { ipv4: { source: 1, destination: 2 }, ipv6: { source: 3, destination: 4 } } as const;
const PROTO = { number: 1, source: 2, destination: 3 } as const;
const FILTER = { original: 1, reply: 2 } as const;
/** CTA_FILTER_F_CTA_*: which fields of a tuple count. They stand in the kernel's own net/netfilter/nf_internals.h. */
const COUNTS = {
  source: { address: 0x1, port: 0x10 },
  destination: { address: 0x2, port: 0x20 },
  number: 0x8,
} as const;
type End = 'source' | 'destination';

const AF = { ipv4: 2, ipv6: 10 } as const;
const HEADER_LENGTH = 4;
const NESTED = 0x8000;
const UDP = 17;

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** What conntrack keeps of one UDP client and the address it asks. */
export interface ConntrackEntry {
  readonly client: Endpoint;
  readonly asked: Endpoint;
  /** Where the answers are expected from: a real server, or the asked address itself if this node refused. */
  readonly answers: Endpoint;
  /** CTA_TUPLE_ORIG, CTA_ID and CTA_ZONE as they were read: what names this very entry, and none that came after it. */
  readonly identity: ReadonlyMap<number, Uint8Array>;
}

/** What a reading of entries is narrowed to. */
export interface Narrowing {
  readonly asked?: Endpoint | undefined;
  readonly answers?: Endpoint | undefined;
}

/** struct nfgenmsg. */
export const conntrackHeader = (family: Family): Uint8Array => Uint8Array.of(AF[family], 0, 0, 0);

/**
 * Writes what makes the kernel hand over only some UDP entries (ctnetlink_alloc_filter, Linux 5.8). It narrows and does
 * not decide: older kernels skip the attribute they do not know and send all entries of the family. IPv6 is narrowed by
 * ports alone, since ctnetlink_filter_match_tuple takes every address but the one it is given (`!ipv6_addr_cmp`,
 * measured on 6.1 and 6.18).
 */
export function encodeNarrowing({ asked, answers }: Narrowing, writer: Writer): void {
  encodeTuple(CTA.original, 'destination', asked, writer);
  encodeTuple(CTA.reply, 'source', answers, writer);
  writer.nest(CTA.filter, () => {
    writer.u32(FILTER.original, counted('destination', asked));
    writer.u32(FILTER.reply, counted('source', answers));
  });
}

const hasAddress = (known: Endpoint | undefined): known is Endpoint =>
  known !== undefined && familyOf(known.address) === 'ipv4';

function counted(end: End, known: Endpoint | undefined): number {
  const { address, port } = COUNTS[end];
  return COUNTS.number | (known ? port : 0) | (hasAddress(known) ? address : 0);
}

function encodeTuple(type: number, end: End, known: Endpoint | undefined, writer: Writer): void {
  writer.nest(type, () => {
    if (hasAddress(known)) {
      writer.nest(TUPLE.ip, () => writer.bytesOf(IP.ipv4[end], addressBytes(known.address)));
    }
    writer.nest(TUPLE.protocol, () => {
      writer.u8(PROTO.number, UDP);
      if (known) writer.be16(PROTO[end], known.port);
    });
  });
}

/** Writes the identity of an entry that is to go. */
export function encodeIdentity({ identity }: ConntrackEntry, writer: Writer): void {
  for (const [type, value] of identity) writer.bytesOf(type === CTA.original ? type | NESTED : type, value);
}

/** One message of a reading; undefined for another protocol, and for what carries no ports. */
export function decodeEntry(payload: Buffer): ConntrackEntry | undefined {
  const attributes = readAttributes(payload.subarray(HEADER_LENGTH));
  const original = decodeTuple(attributes.get(CTA.original));
  const reply = decodeTuple(attributes.get(CTA.reply));
  if (original === undefined || reply === undefined) return undefined;
  // Copied, so that one entry that is kept does not keep all that was read with it.
  const identity = [...attributes]
    .filter(([type]) => type === CTA.original || type === CTA.id || type === CTA.zone)
    .map(([type, value]) => [type, Uint8Array.from(value)] as const);
  return {
    client: original.source,
    asked: original.destination,
    answers: reply.source,
    identity: new Map(identity),
  };
}

function decodeTuple(bytes: Buffer | undefined): { source: Endpoint; destination: Endpoint } | undefined {
  const tuple = readAttributes(bytes ?? Buffer.alloc(0));
  const ip = readAttributes(tuple.get(TUPLE.ip) ?? Buffer.alloc(0));
  const protocol = readAttributes(tuple.get(TUPLE.protocol) ?? Buffer.alloc(0));
  if (protocol.get(PROTO.number)?.[0] !== UDP) return undefined;
  const source = decodeEndpoint('source', ip, protocol);
  const destination = decodeEndpoint('destination', ip, protocol);
  return source && destination && { source, destination };
}

function decodeEndpoint(
  end: End,
  ip: ReadonlyMap<number, Buffer>,
  protocol: ReadonlyMap<number, Buffer>,
): Endpoint | undefined {
  const address = ip.get(IP.ipv4[end]) ?? ip.get(IP.ipv6[end]);
  const port = protocol.get(PROTO[end])?.readUInt16BE(0);
  return address && port !== undefined ? { address: formatAddress(address), port } : undefined;
}
