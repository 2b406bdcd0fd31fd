import { addressBytes, type Address, familyOf, formatAddress } from '../../model/address.ts';
import type { Connections } from '../../model/drain.ts';
import type { Load, RealServerLoad } from '../../model/traffic.ts';
import type { Protocol } from '../../model/virtual-server.ts';
import { readAttributes, type Writer } from '../netlink/codec.ts';
import type { IpvsOperation } from './plan.ts';
import type { IpvsDestination, IpvsService } from './want.ts';

/** include/uapi/linux/ip_vs.h: IPVS_CMD_* */
export const GET_SERVICE = 4;
export const GET_DESTINATION = 8;
const COMMAND = {
  'add-service': 1,
  'edit-service': 2,
  'delete-service': 3,
  'add-destination': 5,
  'edit-destination': 6,
  'delete-destination': 7,
} as const satisfies Record<IpvsOperation['kind'], number>;

/** IPVS_CMD_ATTR_*, IPVS_SVC_ATTR_*, IPVS_DEST_ATTR_* of the same file. */
const SERVICE = 1;
const DESTINATION = 2;
const SVC = {
  family: 1,
  protocol: 2,
  address: 3,
  port: 4,
  scheduler: 6,
  flags: 7,
  timeout: 8,
  netmask: 9,
  stats: 10,
  stats64: 12,
} as const;
const DEST = {
  address: 1,
  port: 2,
  forward: 3,
  weight: 4,
  upper: 5,
  lower: 6,
  active: 7,
  inactive: 8,
  stats: 10,
  family: 11,
  stats64: 12,
} as const;
/** IPVS_STATS_ATTR_* */
const STATS = {
  connections: 1,
  packetsIn: 2,
  connectionsPerSecond: 6,
  packetsInPerSecond: 7,
  packetsOutPerSecond: 8,
  bytesInPerSecond: 9,
  bytesOutPerSecond: 10,
} as const;

const AF = { ipv4: 2, ipv6: 10 } as const;
const NUMBER: Record<Protocol, number> = { tcp: 6, udp: 17, sctp: 132 };
const PROTOCOL = new Map(Object.entries(NUMBER).map(([name, number]) => [number, name as Protocol]));
const FORWARD_MASK = 0x7;
/** Set by the kernel itself once a service is in its hash table. */
const FLAG_HASHED = 0x2;
const ALL_FLAGS = 0xffffffff;

export const commandOf = (operation: IpvsOperation): number => COMMAND[operation.kind];

/** Writes the attributes of one operation. Additions and edits carry everything: the kernel takes no partial ones. */
export function encodeOperation(operation: IpvsOperation, writer: Writer): void {
  const whole = operation.kind === 'add-service' || operation.kind === 'edit-service';
  encodeService(operation.service, whole, writer);
  if ('destination' in operation) {
    encodeDestination(operation.destination, operation.kind !== 'delete-destination', writer);
  }
}

/** Writes the identity of a service, and with `whole` its settings. */
export function encodeService(service: IpvsService, whole: boolean, writer: Writer): void {
  const family = familyOf(service.address);
  writer.nest(SERVICE, () => {
    writer.u16(SVC.family, AF[family]);
    writer.u16(SVC.protocol, NUMBER[service.protocol]);
    writer.bytesOf(SVC.address, sixteenBytes(service.address));
    writer.be16(SVC.port, service.port);
    if (!whole) return;
    writer.text(SVC.scheduler, service.scheduler);
    writer.bytesOf(SVC.flags, flagsAndMask(service.flags));
    writer.u32(SVC.timeout, service.timeout);
    if (family === 'ipv4') writer.be32(SVC.netmask, 0xffffffff);
    else writer.u32(SVC.netmask, 128);
  });
}

function encodeDestination(destination: IpvsDestination, whole: boolean, writer: Writer): void {
  writer.nest(DESTINATION, () => {
    writer.bytesOf(DEST.address, sixteenBytes(destination.address));
    writer.be16(DEST.port, destination.port);
    writer.u16(DEST.family, AF[familyOf(destination.address)]);
    if (!whole) return;
    writer.u32(DEST.forward, destination.forward);
    writer.u32(DEST.weight, destination.weight);
    writer.u32(DEST.upper, 0);
    writer.u32(DEST.lower, 0);
  });
}

/** One service of a dump, without its destinations; undefined for a firewall-mark service, which has no address. */
export function decodeService(attributes: Buffer): IpvsService | undefined {
  const service = readAttributes(readAttributes(attributes).get(SERVICE) ?? Buffer.alloc(0));
  const protocol = PROTOCOL.get(service.get(SVC.protocol)?.readUInt16LE(0) ?? 0);
  const address = decodeAddress(service.get(SVC.address), service.get(SVC.family));
  if (protocol === undefined || address === undefined) return undefined;
  return {
    protocol,
    address,
    port: service.get(SVC.port)?.readUInt16BE(0) ?? 0,
    scheduler: service.get(SVC.scheduler)?.toString('latin1').replace(/\0$/, '') ?? '',
    flags: (service.get(SVC.flags)?.readUInt32LE(0) ?? 0) & ~FLAG_HASHED,
    timeout: service.get(SVC.timeout)?.readUInt32LE(0) ?? 0,
    destinations: new Map(),
  };
}

/** One destination of a dump; undefined where it has no address. */
export function decodeDestination(attributes: Buffer): IpvsDestination | undefined {
  const destination = readAttributes(readAttributes(attributes).get(DESTINATION) ?? Buffer.alloc(0));
  const address = decodeAddress(destination.get(DEST.address), destination.get(DEST.family));
  if (address === undefined) return undefined;
  return {
    address,
    port: destination.get(DEST.port)?.readUInt16BE(0) ?? 0,
    weight: destination.get(DEST.weight)?.readUInt32LE(0) ?? 0,
    forward: (destination.get(DEST.forward)?.readUInt32LE(0) ?? 0) & FORWARD_MASK,
    ...connectionsOf(destination.get(DEST.active), destination.get(DEST.inactive)),
  };
}

/** The connections of one destination of a dump. Counters of 32 bits are what kernels before 4.1 have. */
export function decodeConnections(attributes: Buffer): Connections {
  const destination = readAttributes(readAttributes(attributes).get(DESTINATION) ?? Buffer.alloc(0));
  const statistics = readAttributes(destination.get(DEST.stats64) ?? destination.get(DEST.stats) ?? Buffer.alloc(0));
  return {
    active: destination.get(DEST.active)?.readUInt32LE(0) ?? 0,
    opened: readCounter(statistics.get(STATS.connections)),
    received: readCounter(statistics.get(STATS.packetsIn)),
  };
}

/** What passes through one service of a dump. Its connections are known of each destination only. */
export function decodeFlow(attributes: Buffer): Pick<Load, 'opened' | 'perSecond'> {
  const service = readAttributes(readAttributes(attributes).get(SERVICE) ?? Buffer.alloc(0));
  const statistics = readAttributes(service.get(SVC.stats64) ?? service.get(SVC.stats) ?? Buffer.alloc(0));
  const read = (what: keyof typeof STATS): number => readCounter(statistics.get(STATS[what]));
  return {
    opened: read('connections'),
    perSecond: {
      connections: read('connectionsPerSecond'),
      packetsIn: read('packetsInPerSecond'),
      packetsOut: read('packetsOutPerSecond'),
      bytesIn: read('bytesInPerSecond'),
      bytesOut: read('bytesOutPerSecond'),
    },
  };
}

/** One destination of a dump with its connections; undefined where it has no address. */
export function decodeRealServer(attributes: Buffer): RealServerLoad | undefined {
  const found = decodeDestination(attributes);
  if (found === undefined) return undefined;
  const destination = readAttributes(readAttributes(attributes).get(DESTINATION) ?? Buffer.alloc(0));
  const { address, port, weight } = found;
  return {
    address,
    port,
    weight,
    active: destination.get(DEST.active)?.readUInt32LE(0) ?? 0,
    inactive: destination.get(DEST.inactive)?.readUInt32LE(0) ?? 0,
  };
}

function readCounter(bytes: Buffer | undefined): number {
  if (bytes === undefined) return 0;
  return bytes.length >= 8 ? Number(bytes.readBigUInt64LE(0)) : bytes.readUInt32LE(0);
}

const connectionsOf = (active: Buffer | undefined, inactive: Buffer | undefined): { connections?: number } =>
  active && inactive ? { connections: active.readUInt32LE(0) + inactive.readUInt32LE(0) } : {};

function decodeAddress(bytes: Buffer | undefined, family: Buffer | undefined): Address | undefined {
  if (bytes === undefined || bytes.length < 16) return undefined;
  return formatAddress(family?.readUInt16LE(0) === AF.ipv6 ? bytes : bytes.subarray(0, 4));
}

/** union nf_inet_addr: always 16 bytes, an IPv4 address in the first four. */
function sixteenBytes(address: Address): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes.set(addressBytes(address));
  return bytes;
}

/** struct ip_vs_flags: the flags, and which of them are meant. */
function flagsAndMask(flags: number): Uint8Array {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt32LE(flags, 0);
  bytes.writeUInt32LE(ALL_FLAGS, 4);
  return bytes;
}
