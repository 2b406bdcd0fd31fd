import { type Address, addressBytes, type Family, familyOf, formatAddress } from '../../model/address.ts';

export interface Endpoint {
  readonly address: Address;
  readonly port: number;
}

/** A TCP connection of this network namespace. */
export interface Connection {
  readonly local: Endpoint;
  readonly remote: Endpoint;
  /** The family of its socket: one that listens for both families has connections over IPv4 as well. */
  readonly family: Family;
  /** struct inet_diag_sockid as it was read: it names this very connection, and none that came after it. */
  readonly identity: Uint8Array;
}

/** include/uapi/linux/sock_diag.h */
export const SOCK_DIAG_BY_FAMILY = 20;
export const SOCK_DESTROY = 21;

/** Netlink header structs of include/uapi/linux/inet_diag.h: sizes, and where the ports and addresses stand. */
const REQUEST_LENGTH = 56;
const IN_REQUEST = { family: 0, protocol: 1, states: 4, identity: 8 } as const;
const MESSAGE_LENGTH = 72;
const IN_MESSAGE = { family: 0, identity: 4 } as const;
const IDENTITY_LENGTH = 48;
const IN_IDENTITY = { localPort: 0, remotePort: 2, local: 4, remote: 20 } as const;

const AF = { ipv4: 2, ipv6: 10 } as const;
const IPPROTO_TCP = 6;
const ADDRESS_LENGTH = { ipv4: 4, ipv6: 16 } as const;

/**
 * TCP_ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1 and CLOSE_WAIT of include/net/tcp_states.h. In the other ones the peer
 * has been told that the connection is over, or there is none.
 */
const OPEN_STATES = [1, 2, 3, 4, 8].reduce((mask, state) => mask | (1 << state), 0);

/** struct inet_diag_req_v2 for open connections with a port here or there; the kernel hands over no others. */
export function connectionsRequest(
  family: Family,
  port: { readonly local: number } | { readonly remote: number },
): Buffer {
  const request = requestFor(family);
  request.writeUInt32LE(OPEN_STATES, IN_REQUEST.states);
  const at = 'local' in port ? IN_IDENTITY.localPort : IN_IDENTITY.remotePort;
  request.writeUInt16BE('local' in port ? port.local : port.remote, IN_REQUEST.identity + at);
  return request;
}

/** struct inet_diag_req_v2 that names one connection. */
export function connectionRequest({ family, identity }: Connection): Buffer {
  const request = requestFor(family);
  request.set(identity, IN_REQUEST.identity);
  return request;
}

function requestFor(family: Family): Buffer {
  const request = Buffer.alloc(REQUEST_LENGTH);
  request.writeUInt8(AF[family], IN_REQUEST.family);
  request.writeUInt8(IPPROTO_TCP, IN_REQUEST.protocol);
  return request;
}

/** One struct inet_diag_msg of a dump; undefined where it is none. */
export function decodeConnection(payload: Buffer): Connection | undefined {
  if (payload.length < MESSAGE_LENGTH) return undefined;
  const family = payload[IN_MESSAGE.family] === AF.ipv6 ? 'ipv6' : 'ipv4';
  const identity = Buffer.from(payload.subarray(IN_MESSAGE.identity, IN_MESSAGE.identity + IDENTITY_LENGTH));
  const endpoint = (address: number, port: number): Endpoint => ({
    address: decodeAddress(identity.subarray(address, address + ADDRESS_LENGTH[family])),
    port: identity.readUInt16BE(port),
  });
  const local = endpoint(IN_IDENTITY.local, IN_IDENTITY.localPort);
  return { local, remote: endpoint(IN_IDENTITY.remote, IN_IDENTITY.remotePort), family, identity };
}

/** RFC 4291 section 2.5.5.2 */
const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

const decodeAddress = (bytes: Buffer): Address =>
  formatAddress(bytes.length === 16 && bytes.subarray(0, 12).equals(MAPPED) ? bytes.subarray(12) : bytes);

/** struct sockaddr_in or sockaddr_in6 for a raw socket, which has no ports. */
export function encodeSocketAddress(address: Address): Buffer {
  const bytes = addressBytes(address);
  const encoded = Buffer.alloc(familyOf(address) === 'ipv4' ? 16 : 28);
  encoded.writeUInt16LE(AF[familyOf(address)], 0);
  encoded.set(bytes, bytes.length === 4 ? 4 : 8);
  return encoded;
}

const SEGMENT_LENGTH = 20;
const FLAGS = { syn: 0x02, reset: 0x04, ack: 0x10 } as const;
/** Where they stand in a TCP header. */
const IN_SEGMENT = {
  source: 0,
  destination: 2,
  sequence: 4,
  acknowledged: 8,
  words: 12,
  flags: 13,
  checksum: 16,
} as const;
/** In the upper half of its byte: the length of the header in words of four bytes. */
const HEADER_WORDS = (SEGMENT_LENGTH / 4) << 4;

/**
 * An IP packet with a TCP segment that asks one end of a connection, in the name of the other one, to open it again.
 * Whatever its sequence number, an end that has the connection answers by an ACK that says what it expects next, and
 * changes nothing (RFC 5961 section 4.2; RFC 9293 section 3.10.7.4). One without answers as to any new one, or by a reset.
 */
export const encodeStraySyn = (from: Endpoint, to: Endpoint): Buffer => encodePacket(from, to, FLAGS.syn, 0);

/** The packet that ends a connection at `to`, which expects this sequence number next (RFC 5961 section 3.2). */
export const encodeReset = (from: Endpoint, to: Endpoint, sequence: number): Buffer =>
  encodePacket(from, to, FLAGS.reset, sequence);

function encodePacket(from: Endpoint, to: Endpoint, flags: number, sequence: number): Buffer {
  const segment = Buffer.alloc(SEGMENT_LENGTH);
  segment.writeUInt16BE(from.port, IN_SEGMENT.source);
  segment.writeUInt16BE(to.port, IN_SEGMENT.destination);
  segment.writeUInt32BE(sequence, IN_SEGMENT.sequence);
  segment.writeUInt8(HEADER_WORDS, IN_SEGMENT.words);
  segment.writeUInt8(flags, IN_SEGMENT.flags);
  const addresses = Buffer.concat([addressBytes(from.address), addressBytes(to.address)]);
  segment.writeUInt16BE(checksum(addresses, segment), IN_SEGMENT.checksum);
  return Buffer.concat([familyOf(to.address) === 'ipv4' ? IPV4_HEADER : IPV6_HEADER, addresses, segment]);
}

/**
 * What a packet of the far end says to a stray SYN: the sequence number that it expects next, `gone` where it has no such
 * connection, undefined where the packet is about something else. A raw socket hands over the header of IPv4 with a
 * packet, and that of IPv6 not (raw(7), ipv6(7)).
 */
export function decodeAnswer(packet: Buffer, { local, remote }: Ends): number | 'gone' | undefined {
  const segment = familyOf(local.address) === 'ipv4' ? packet.subarray(((packet[0] ?? 0) & 0x0f) * 4) : packet;
  if (segment.length < SEGMENT_LENGTH) return undefined;
  const ports = [segment.readUInt16BE(IN_SEGMENT.source), segment.readUInt16BE(IN_SEGMENT.destination)];
  if (ports[0] !== remote.port || ports[1] !== local.port) return undefined;
  const flags = segment.readUInt8(IN_SEGMENT.flags);
  if ((flags & FLAGS.reset) !== 0) return 'gone';
  return (flags & FLAGS.ack) === 0 ? undefined : segment.readUInt32BE(IN_SEGMENT.acknowledged);
}

type Ends = Pick<Connection, 'local' | 'remote'>;

/** RFC 5082: a peer may be told to take nothing that has been forwarded. */
const HOPS = 255;
/** RFC 791 and RFC 8200 up to the addresses. The kernel fills in the identification and the checksum of IPv4. */
const IPV4_HEADER = Buffer.from([0x45, 0, 0, 20 + SEGMENT_LENGTH, 0, 0, 0, 0, HOPS, IPPROTO_TCP, 0, 0]);
const IPV6_HEADER = Buffer.from([0x60, 0, 0, 0, 0, SEGMENT_LENGTH, IPPROTO_TCP, HOPS]);

/** RFC 9293 section 3.1 with the pseudo header of RFC 8200 section 8.1, whose sum is that of IPv4's as well. */
function checksum(addresses: Buffer, segment: Buffer): number {
  const bytes = Buffer.concat([addresses, Buffer.from([0, 0, 0, segment.length, 0, 0, 0, IPPROTO_TCP]), segment]);
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xff_ff) sum = (sum & 0xff_ff) + (sum >>> 16);
  return ~sum & 0xff_ff;
}
