import {
  type Address,
  addressBytes,
  familyOf,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixContains,
  prefixesOverlap,
  prefixLength,
} from '../model/address.ts';
import { GRACEFUL_SHUTDOWN } from '../model/path.ts';
import { isLoopback, parseDuration, readEndpoint, type Reading, readPrefix, readSocketPath } from './read.ts';

/**
 * RFC 4271 section 4.2: the hold time is at least three seconds, in 16 bits. It may also be zero, for a session without
 * keepalives, but gobgpd turns that into its default of 90. In seconds.
 */
export const readHoldTime = secondsBetween(3, 65_535);

/** A third of the longest hold time is the longest there can be between two keepalives (RFC 4271 section 4.4). */
export const readKeepalive = secondsBetween(1, 21_845);

export const readConnectRetry = secondsBetween(1, 300);

/** RFC 4724 section 3: 12 bits. Zero would be no graceful restart at all. */
export const readRestartTime = secondsBetween(1, 4095);

function secondsBetween(least: number, most: number): (text: string) => Reading<number> {
  const expected = `whole seconds from ${least}s to ${most}s`;
  return (text) => {
    const seconds = (parseDuration(text) ?? Number.NaN) / 1000;
    return Number.isInteger(seconds) && seconds >= least && seconds <= most ? { value: seconds } : { expected };
  };
}

/** Blocks that no service address can come from. A /0 or a /7 would take a node's whole traffic along with it. */
const NEVER_A_RANGE: readonly (readonly [Prefix, string])[] = [
  ['0.0.0.0/8', 'this network'],
  ['127.0.0.0/8', 'loopback'],
  ['169.254.0.0/16', 'link-local'],
  ['224.0.0.0/4', 'multicast'],
  ['240.0.0.0/4', 'reserved'],
  ['::ffff:0:0/96', 'IPv4 mapped into IPv6'],
  ['::/8', 'unspecified, loopback and reserved'],
  ['fe80::/10', 'link-local'],
  ['ff00::/8', 'multicast'],
];

/**
 * The bounds of a prefix's length. Of IPv6, the cluster's own ranges are /64 at most (a ServiceCIDR, KEP-1880) and /108
 * with older API servers (validateMaxCIDRRange in cmd/kube-apiserver/app/options); anything shorter is somebody's site.
 */
const LENGTHS = { ipv4: { least: 8, most: 32 }, ipv6: { least: 64, most: 128 } };

/** A prefix to serve addresses of: no host bits, neither too short nor in a block that holds no unicast address. */
export function readRange(text: string): Reading<Prefix> {
  const reading = readPrefix(text);
  if ('expected' in reading) return reading;
  const { value: prefix } = reading;
  const { least, most } = LENGTHS[familyOf(prefix)];
  if (prefixLength(prefix) < least) return { expected: `a prefix length from ${least} to ${most}` };
  const block = NEVER_A_RANGE.find(([reserved]) => prefixesOverlap(reserved, prefix));
  return block ? { expected: `a prefix outside ${block[0]} (${block[1]})` } : reading;
}

export const IPV4 = 'an IPv4 unicast address such as 10.22.108.1';

/** What names a speaker, or is a next hop: IPv4, and neither unspecified nor multicast nor broadcast. */
export function readIPv4(text: string): Reading<Address> {
  const address = parseAddress(text);
  const [first = 0] = address === undefined ? [] : addressBytes(address);
  const unicast = address !== undefined && familyOf(address) === 'ipv4' && first > 0 && first < 224;
  return unicast ? { value: address } : { expected: IPV4 };
}

export const GLOBAL_IPV6 = 'a global IPv6 address such as fd00:22:108::100';

/** An IPv6 address that is good on every link: neither link-local nor multicast nor one of the special ones. */
export function readGlobalIPv6(text: string): Reading<Address> {
  const address = parseAddress(text);
  const global =
    address !== undefined &&
    familyOf(address) === 'ipv6' &&
    !NEVER_A_RANGE.some(([block]) => prefixContains(block, address));
  return global ? { value: address } : { expected: GLOBAL_IPV6 };
}

export const SPEAKER_ADDRESS = 'an IPv4 unicast or a global IPv6 address such as 10.22.108.1 or fd00:22:108::1';

/** The address of one end of a session. A link-local one would need the interface as well, which gobgpd's API has no place for. */
export function readSpeakerAddress(text: string): Reading<Address> {
  const reading = text.includes(':') ? readGlobalIPv6(text) : readIPv4(text);
  return 'value' in reading ? reading : { expected: SPEAKER_ADDRESS };
}

export const COMMUNITY = 'a community such as "64512:100", each half from 0 to 65535';

/** RFC 1997: two halves of 16 bits each, in decimal. */
export function readCommunity(text: string): Reading<string> {
  const halves = /^(0|[1-9]\d{0,4}):(0|[1-9]\d{0,4})$/.exec(text)?.slice(1) ?? [];
  const valid = halves.length === 2 && halves.every((half) => Number(half) <= 65_535);
  return valid ? { value: text } : { expected: COMMUNITY };
}

/** One that a path may always have: GRACEFUL_SHUTDOWN is how a deprioritised path is told from others. */
export function readStandingCommunity(text: string): Reading<string> {
  return text === GRACEFUL_SHUTDOWN
    ? { expected: 'a community other than GRACEFUL_SHUTDOWN, which says that a path is deprioritised' }
    : readCommunity(text);
}

export const LARGE_COMMUNITY = 'a large community such as "64512:1:100", each part from 0 to 4294967295';

/** RFC 8092 section 5: three parts of 32 bits each, in decimal without leading zeros. */
export function readLargeCommunity(text: string): Reading<string> {
  const parts = /^(0|[1-9]\d{0,9}):(0|[1-9]\d{0,9}):(0|[1-9]\d{0,9})$/.exec(text)?.slice(1) ?? [];
  const valid = parts.length === 3 && parts.every((part) => Number(part) <= 0xff_ff_ff_ff);
  return valid ? { value: text } : { expected: LARGE_COMMUNITY };
}

export const TARGET = 'unix:///absolute/path, or an address and a port such as 127.0.0.1:50051';

/** Where gobgpd's API listens. */
export function readGobgpTarget(text: string): Reading<string> {
  const target = text.startsWith('unix://') ? readSocketPath(text.slice('unix://'.length)) : readEndpoint(text);
  return 'value' in target ? { value: text } : { expected: TARGET };
}

/**
 * Whether a target can be reached from this node only. Whoever reaches the API can announce anything, and without TLS it
 * asks for no password (GHSA-v5mh-h5hx-7v92).
 */
export function isLocalTarget(target: string): boolean {
  const endpoint = target.startsWith('unix://') ? undefined : readEndpoint(target);
  return endpoint === undefined || ('value' in endpoint && isLoopback(endpoint.value.address));
}

export const ACCEPTED = 'a prefix such as 0.0.0.0/0 or fd00:22::/32';

/** A prefix that may come in, a default route among them: it is as long as it is written, and without host bits. */
export function readAccepted(text: string): Reading<Prefix> {
  return parsePrefix(text) === undefined ? { expected: ACCEPTED } : readPrefix(text);
}
