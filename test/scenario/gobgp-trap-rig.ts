import { BinaryReader, BinaryWriter } from 'google-protobuf';
import { onTestFinished, type TestContext, vi } from 'vitest';
import type { Method } from '../../src/bgp/client.ts';
import { connectGobgp } from '../../src/bgp/connect.ts';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import { Peer as PeerV3, toBytes } from '../../src/bgp/gen/gobgp-v3.ts';
import { Peer as PeerV4 } from '../../src/bgp/gen/gobgp-v4.ts';
import type { GobgpApi, LocalPath, Neighbor } from '../../src/bgp/gobgp.ts';
import { encodePeer as encodePeerV3 } from '../../src/bgp/v3/encode.ts';
import { encodePeer as encodePeerV4 } from '../../src/bgp/v4/encode.ts';
import { PEER, RANGE } from '../unit/bgp/sample.ts';
import { type GobgpdBinary, gobgpds } from './gobgpd-binary.ts';
import { Network } from './gobgpd-network.ts';
import { Gobgpd } from './gobgpd.ts';

export const [OURS, SWITCH] = ['10.22.108.100', '10.22.108.1'];
export const GLOBAL = { as: 64512, routerId: OURS, listenPort: -1, listenAddresses: [] };
/** A path as gobgpd is told of it, with nothing special about it. */
export const LOCAL: LocalPath = {
  prefix: RANGE,
  nextHop: undefined,
  communities: [],
  largeCommunities: [],
  med: undefined,
  localPref: undefined,
  asPath: [],
  linkBandwidth: undefined,
};

/** Longer than anything takes that works: gobgpd 3.10 takes up to 10 s to open a session, and the machine may be busy. */
const LONG = 45_000;
export const PATIENT = { timeout: 90_000 };

export const eventually = <T>(check: () => T | Promise<T>): Promise<T> =>
  vi.waitFor(check, { timeout: LONG, interval: 50 });
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** What is thrown, or undefined. */
export const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

/** Whether a gobgpd is older than a version, as in `3.15`. */
export function isBefore({ version }: GobgpdBinary, other: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [otherMajor = 0, otherMinor = 0] = other.split('.').map(Number);
  return major === otherMajor ? minor < otherMinor : major < otherMajor;
}

/** Every gobgpd there is, by its version. */
export const BINARIES = gobgpds().map((binary) => [binary.version, binary] as const);

/** A message field by field: what a gobgpd can be told beyond what fairlead's own definitions have. */
export interface Wire {
  readonly [field: number]: number | string | Uint8Array | Wire | readonly Wire[];
}

/** The bytes of a message. Those of two messages, one behind the other, are those of a message with the fields of both. */
export function wire(message: Wire): Uint8Array {
  const writer = new BinaryWriter();
  for (const [field, value] of Object.entries(message)) {
    for (const one of Array.isArray(value) ? value : [value]) writeField(writer, Number(field), one);
  }
  return writer.getResultBuffer();
}

function writeField(writer: BinaryWriter, field: number, value: number | string | Uint8Array | Wire): void {
  if (typeof value === 'number') writer.writeUint32(field, value);
  else if (typeof value === 'string') writer.writeString(field, value);
  else writer.writeBytes(field, value instanceof Uint8Array ? value : wire(value));
}

/** How protobuf writes whole numbers. All else that gobgpd says of interest here is bytes. */
function isVarint(reader: BinaryReader): boolean {
  const wireType: number = reader.getWireType();
  return wireType === 0;
}

/** The values of a field, wherever a path of field numbers leads in a message. */
export function fieldsOf(bytes: Uint8Array, field: number, ...below: readonly number[]): (number | Uint8Array)[] {
  const [next, ...rest] = below;
  const values: (number | Uint8Array)[] = [];
  const reader = new BinaryReader(bytes);
  while (reader.nextField()) {
    if (reader.getFieldNumber() !== field) reader.skipField();
    else values.push(isVarint(reader) ? reader.readUint64() : reader.readBytes());
  }
  if (next === undefined) return values;
  return values.flatMap((value) => (typeof value === 'number' ? [] : fieldsOf(value, next, ...rest)));
}

export const textsOf = (...path: Parameters<typeof fieldsOf>): string[] =>
  fieldsOf(...path).map((value) => (typeof value === 'number' ? String(value) : Buffer.from(value).toString()));

/** Family, as both versions of the API have it. */
export const [UNICAST_IPV4, UNICAST_IPV6] = [
  { 1: 1, 2: 1 },
  { 1: 2, 2: 1 },
];

const SERVICES = { v3: '/apipb.GobgpApi/', v4: '/api.GoBgpService/' } as const;

/** A gobgpd with our own adapter to it, and a way past the adapter. */
export interface Subject {
  readonly network: Network;
  readonly binary: GobgpdBinary;
  readonly gobgpd: Gobgpd;
  readonly api: GobgpApi;
  /** A call by its name, with the bytes of its request and its answer. */
  readonly method: (call: string) => Method<Uint8Array, Uint8Array>;
  readonly raw: (call: string, request?: Uint8Array) => Promise<Uint8Array>;
  readonly rawList: (call: string, request?: Uint8Array) => Promise<Uint8Array[]>;
  /** A peer as fairlead tells of it. */
  readonly peerBytes: (peer: Neighbor) => Uint8Array;
}

export type Finish = Pick<TestContext, 'onTestFinished'>;

/** Starts a gobgpd that is gone after the test. */
async function subject(
  network: Network,
  binary: GobgpdBinary,
  { onTestFinished: finish }: Finish = { onTestFinished },
): Promise<Subject> {
  const gobgpd = await Gobgpd.start(network, binary.file);
  const api = connectGobgp(gobgpd);
  finish(async () => {
    api.close();
    await gobgpd[Symbol.asyncDispose]();
  });
  const method = (call: string) => ({
    path: `${SERVICES[binary.api]}${call}`,
    requestSerialize: (bytes: Uint8Array) => Buffer.from(bytes),
    responseDeserialize: (bytes: Buffer): Uint8Array => bytes,
  });
  const none = new Uint8Array();
  return {
    network,
    binary,
    gobgpd,
    api,
    method,
    raw: (call, request = none) => gobgpd.api.call(method(call), request, 2000),
    rawList: (call, request = none) => gobgpd.api.list(method(call), request, 2000),
    peerBytes: (peer) =>
      binary.api === 'v3' ? toBytes(PeerV3, encodePeerV3(peer)) : toBytes(PeerV4, encodePeerV4(peer)),
  };
}

/** A gobgpd in a network of its own, both gone after the test; it is told of itself where `global` says what. */
export async function alone(binary: GobgpdBinary, context: Finish, global?: typeof GLOBAL): Promise<Subject> {
  const network = await Network.create(OURS, [SWITCH]);
  context.onTestFinished(() => network[Symbol.asyncDispose]());
  const ours = await subject(network, binary, context);
  if (global) await ours.api.startBgp(global);
  return ours;
}

/** A gobgpd with a switch, which opens the session: another gobgpd of the newest version, without a policy. */
export async function pair(
  binary: GobgpdBinary,
  context: Finish,
  peer: Partial<Neighbor> = {},
): Promise<{ ours: Subject; peer: Subject }> {
  const network = await Network.create(OURS, [SWITCH]);
  context.onTestFinished(() => network[Symbol.asyncDispose]());
  const newest = gobgpds().at(-1) ?? binary;
  const [ours, other] = await Promise.all([subject(network, binary, context), subject(network, newest, context)]);
  await ours.api.startBgp({ ...GLOBAL, listenPort: 179, listenAddresses: [OURS] });
  await other.api.startBgp({ as: PEER.as, routerId: SWITCH, listenPort: 179, listenAddresses: [SWITCH] });
  await other.api.addPeer({ ...PEER, ...peer, address: OURS, localAddress: SWITCH, as: GLOBAL.as });
  return { ours, peer: other };
}

/** What a switch has let in of us. */
export const received = async (peer: Subject): Promise<string[]> =>
  (await peer.api.acceptedPaths()).map(({ prefix }) => prefix).toSorted();

export const established = (one: Subject): Promise<void> =>
  eventually(async () => {
    const states = (await one.api.peers()).map(({ state }) => state);
    if (states.some((state) => state !== 'established')) throw new Error(`expected sessions, found ${states.join()}`);
  });

/** Our speaker at a gobgpd, with every event it has logged at info or warn. */
export function speak({ gobgpd }: Pick<Subject, 'gobgpd'>, context: Finish) {
  const events: string[] = [];
  const line = (fields: object) => void events.push((fields as { event: string }).event);
  const log = { debug: () => undefined, info: line, warn: line };
  const options = { target: gobgpd.target, log, onChange: () => undefined };
  const speaker = createSpeaker(options, connectGobgp(gobgpd));
  context.onTestFinished(() => speaker.close());
  return { speaker, events };
}
