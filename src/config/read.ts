import {
  type Address,
  familyOf,
  parseAddress,
  parsePrefix,
  type Prefix,
  prefixAddress,
  prefixContains,
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

/** A prefix without a bit set behind its length: one that has some is a mistake in the one or in the other. */
export function readPrefix(text: string): Reading<Prefix> {
  const prefix = parsePrefix(text);
  if (prefix === undefined) return { expected: PREFIX };
  return parseAddress(text.slice(0, text.indexOf('/'))) === prefixAddress(prefix)
    ? { value: prefix }
    : { expected: `${prefix} (no bit set behind the prefix length)` };
}

export const PREFIX = 'a prefix such as 10.99.66.0/23 or fd99:66::/112';

/** An IPVS scheduler and its flags. */
export function readScheduling(text: string): Reading<Scheduling> {
  const value = parseScheduling(text);
  return value ? { value } : { expected: SCHEDULING_EXPECTED };
}

/** sockaddr_un holds 108 bytes, the last of them a zero (unix(7)). */
const SOCKET_PATH_BYTES = 107;

/** The key of a taint. */
export function readTaintKey(text: string): Reading<string> {
  return isQualifiedName(text) ? { value: text } : { expected: TAINT_KEY };
}

export const TAINT_KEY = 'the key of a taint such as example.com/maintenance';

/** The key of a label. */
export function readLabelKey(text: string): Reading<string> {
  return isQualifiedName(text) ? { value: text } : { expected: LABEL_KEY };
}

export const LABEL_KEY = 'the key of a label such as topology.kubernetes.io/rack';

/** The value of a label: empty, or as the name in its key. */
export function readLabelValue(text: string): Reading<string> {
  return text === '' || isName(text) ? { value: text } : { expected: LABEL_VALUE };
}

export const LABEL_VALUE = 'the value of a label: at most 63 letters, digits and -_. as a text';

/** The name of a node: a DNS subdomain (RFC 1123). */
export function readNodeName(text: string): Reading<string> {
  return isSubdomain(text) ? { value: text } : { expected: NODE_NAME };
}

export const NODE_NAME = 'the name of a node such as lb-1';

/** What a certificate names its holder by, which is no address. */
export function readServerName(text: string): Reading<string> {
  return isSubdomain(text) ? { value: text } : { expected: SERVER_NAME };
}

export const SERVER_NAME = 'the DNS name in a certificate, such as gobgpd.example.org';

/** k8s.io/apimachinery/pkg/util/validation, IsQualifiedName: `name` or `dns.subdomain/name`. */
function isQualifiedName(text: string): boolean {
  const [name = '', prefix, ...more] = text.split('/').toReversed();
  return isName(name) && (prefix === undefined || isSubdomain(prefix)) && more.length === 0;
}

const isName = (text: string): boolean => text.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(text);

const isSubdomain = (text: string): boolean => text.length <= 253 && DNS_SUBDOMAIN.test(text);

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

/** Whether an address can be reached from this node only. */
export const isLoopback = (address: Address): boolean =>
  familyOf(address) === 'ipv6' ? address === '::1' : prefixContains('127.0.0.0/8', address);

const readAbsolutePath = (text: string): string | undefined => (/^\/[^\0]*$/.test(text) ? text : undefined);
