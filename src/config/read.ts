import {
  type Address,
  addressBytes,
  familyOf,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixAddress,
  prefixContains,
  prefixesOverlap,
  prefixLength,
} from '../model/address.ts';
import { parseScheduling, type Scheduling, SCHEDULING_EXPECTED } from '../model/scheduling.ts';

/** A value read from its text, or what the text should have been: the words after "expected" in the message. */
export type Reading<T> = { readonly value: T } | { readonly expected: string };

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** `500ms`, `3s`, `1m`, `1h` as milliseconds; undefined for any other text. Whole numbers only. */
export function parseDuration(text: string): number | undefined {
  const [, digits, unit = ''] = /^(0|[1-9]\d{0,8})(ms|s|m|h)$/.exec(text) ?? [];
  return digits === undefined ? undefined : Number(digits) * (UNIT_MS[unit] ?? Number.NaN);
}

/** A reader of durations between two bounds, themselves written as durations; the value is in milliseconds. */
export function durationBetween(least: string, most: string): (text: string) => Reading<number> {
  const expected = `a duration from ${least} to ${most}, such as 500ms, 3s or 1m`;
  const low = parseDuration(least) ?? 0;
  const high = parseDuration(most) ?? 0;
  return (text) => {
    const value = parseDuration(text);
    return value !== undefined && value >= low && value <= high ? { value } : { expected };
  };
}

/** As durationBetween, for what is whole seconds elsewhere: leaseDurationSeconds of a Lease. */
export function wholeSecondsBetween(least: string, most: string): (text: string) => Reading<number> {
  const between = durationBetween(least, most);
  return (text) => {
    const reading = between(text);
    return 'value' in reading && reading.value % 1000 === 0
      ? reading
      : { expected: `whole seconds from ${least} to ${most}` };
  };
}

/** A DNS-1123 label: what the API takes as the name of a namespace. */
export function readNamespace(text: string): Reading<string> {
  const valid = text.length <= 63 && /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/.test(text);
  return valid ? { value: text } : { expected: 'the name of a namespace such as fairlead' };
}

/**
 * RFC 4271 section 4.2: the hold time is at least three seconds, in 16 bits. It may also be zero, for a session without
 * keepalives, but gobgpd turns that into its default of 90. In seconds.
 */
export function readHoldTime(text: string): Reading<number> {
  const seconds = (parseDuration(text) ?? Number.NaN) / 1000;
  const valid = Number.isInteger(seconds) && seconds >= 3 && seconds <= 65_535;
  return valid ? { value: seconds } : { expected: 'whole seconds from 3s to 65535s' };
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
  const prefix = parsePrefix(text);
  if (prefix === undefined) return { expected: 'a prefix such as 10.99.66.0/23 or fd99:66::/112' };
  if (parseAddress(text.slice(0, text.indexOf('/'))) !== prefixAddress(prefix)) {
    return { expected: `${prefix} (no bit set behind the prefix length)` };
  }
  const { least, most } = LENGTHS[familyOf(prefix)];
  if (prefixLength(prefix) < least) return { expected: `a prefix length from ${least} to ${most}` };
  const block = NEVER_A_RANGE.find(([reserved]) => prefixesOverlap(reserved, prefix));
  return block ? { expected: `a prefix outside ${block[0]} (${block[1]})` } : { value: prefix };
}

/** An IPVS scheduler and its flags. */
export function readScheduling(text: string): Reading<Scheduling> {
  const value = parseScheduling(text);
  return value ? { value } : { expected: SCHEDULING_EXPECTED };
}

/** The address of one end of a session: IPv4, and neither unspecified nor multicast nor broadcast. */
export function readSpeakerAddress(text: string): Reading<Address> {
  const address = parseAddress(text);
  const [first = 0] = address === undefined ? [] : addressBytes(address);
  const unicast = address !== undefined && familyOf(address) === 'ipv4' && first > 0 && first < 224;
  return unicast ? { value: address } : { expected: 'an IPv4 unicast address such as 10.22.108.1' };
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

/** RFC 1997: two halves of 16 bits each, in decimal. */
export function readCommunity(text: string): Reading<string> {
  const halves = /^(0|[1-9]\d{0,4}):(0|[1-9]\d{0,4})$/.exec(text)?.slice(1) ?? [];
  const valid = halves.length === 2 && halves.every((half) => Number(half) <= 65_535);
  return valid ? { value: text } : { expected: 'a community such as "64512:100", each half from 0 to 65535' };
}

/** sockaddr_un holds 108 bytes, the last of them a zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/** The key of a taint: a qualified name (k8s.io/apimachinery/pkg/util/validation, IsQualifiedName). */
export function readTaintKey(text: string): Reading<string> {
  const [name = '', prefix, ...more] = text.split('/').toReversed();
  const named = name.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name);
  const prefixed = prefix === undefined || (prefix.length <= 253 && DNS_SUBDOMAIN.test(prefix));
  return named && prefixed && more.length === 0 ? { value: text } : { expected: TAINT_KEY };
}

export const TAINT_KEY = 'the key of a taint such as example.com/maintenance';

const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;

/** The path of a unix socket: absolute, and short enough for the kernel. */
export function readSocketPath(text: string): Reading<string> {
  const valid = readAbsolutePath(text) !== undefined && Buffer.byteLength(text) <= SOCKET_PATH_BYTES;
  return valid ? { value: text } : { expected: `an absolute path of at most ${SOCKET_PATH_BYTES} bytes` };
}

/** A path that does not depend on where the agent was started. */
export function readPath(text: string): Reading<string> {
  return readAbsolutePath(text) === undefined ? { expected: 'an absolute path' } : { value: text };
}

/** `address:port` (`[::1]:port`) on loopback: what listens there can be reached from this node only. */
export function readLoopbackEndpoint(text: string): Reading<string> {
  const endpoint = readEndpoint(text);
  return 'value' in endpoint && isLoopback(endpoint.value.address)
    ? { value: text }
    : { expected: 'a loopback address and a port, such as 127.0.0.1:9466' };
}

/** The name of a check: it stands in the log, in labels of metrics and in tables. */
export function readCheckName(text: string): Reading<string> {
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(text) ? { value: text } : { expected: CHECK_NAME };
}

export const CHECK_NAME = 'a name of at most 63 small letters, digits and dashes, such as dns';

/** `address:port` (`[::1]:port`). */
export function readEndpoint(text: string): Reading<{ readonly address: Address; readonly port: number }> {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]*)\]|([^:]*)):([1-9]\d{0,4})$/.exec(text) ?? [];
  const address = parseAddress(bracketed ?? plain ?? '');
  const fits = address !== undefined && (familyOf(address) === 'ipv6') === (bracketed !== undefined);
  return fits && Number(digits) <= 65_535 ? { value: { address, port: Number(digits) } } : { expected: ENDPOINT };
}

export const ENDPOINT = 'an address and a port, such as 10.99.66.10:53 or [fd99:66::10]:53';

/** Of an own check. A password in it would show in the status. */
export function readHttpUrl(text: string): Reading<string> {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const web = url?.protocol === 'http:' || url?.protocol === 'https:';
  return web && url.username === '' && url.password === '' ? { value: text } : { expected: HTTP_URL };
}

export const HTTP_URL = 'an http:// or https:// URL without a user';

/** `204`, or `200-399`: status codes of HTTP, the last one included. */
export function readStatusCodes(text: string): Reading<{ readonly least: number; readonly most: number }> {
  const [, first, last = first] = /^([1-5]\d\d)(?:-([1-5]\d\d))?$/.exec(text) ?? [];
  const value = { least: Number(first), most: Number(last) };
  return value.least <= value.most ? { value } : { expected: STATUS_CODES };
}

export const STATUS_CODES = 'a status code or two with a dash between them, such as "204" or "200-399"';

/**
 * Where gobgpd's API listens. Whoever reaches it can announce anything, and it asks for no password
 * (GHSA-v5mh-h5hx-7v92), so that only a unix socket or loopback will do.
 */
export function readGobgpTarget(text: string): Reading<string> {
  const target = text.startsWith('unix://') ? readSocketPath(text.slice('unix://'.length)) : readLoopbackEndpoint(text);
  return 'value' in target
    ? { value: text }
    : { expected: 'unix:///absolute/path, or a loopback address and a port such as 127.0.0.1:50051' };
}

const isLoopback = (address: Address): boolean =>
  familyOf(address) === 'ipv6' ? address === '::1' : prefixContains('127.0.0.0/8', address);

const readAbsolutePath = (text: string): string | undefined => (/^\/[^\0]*$/.test(text) ? text : undefined);
