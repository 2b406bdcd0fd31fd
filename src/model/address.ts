/** An IP address in canonical text: dotted quad, or RFC 5952 lower-case IPv6. Made by `parseAddress` only. */
export type Address = string & { readonly brand?: 'Address' };
/** `address/length` with host bits cleared, canonical. Made by `parsePrefix` only. */
export type Prefix = string & { readonly brand?: 'Prefix' };
export type Family = 'ipv4' | 'ipv6';

export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The family an address or prefix is written in. */
export const familyOf = (text: Address | Prefix): Family => (text.includes(':') ? 'ipv6' : 'ipv4');

/** The canonical form of an address, or undefined where the text is none (a leading zero, as in 010.0.0.1, is none). */
export function parseAddress(text: string): Address | undefined {
  // A dotted quad without leading zeros is canonical as it is written.
  if (IPV4.test(text)) return text;
  const bytes = ipv6Bytes(text);
  return bytes && formatAddress(bytes);
}

const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** The canonical form of a prefix in CIDR notation, host bits cleared, or undefined where the text is none. */
export function parsePrefix(text: string): Prefix | undefined {
  const [head = '', tail = '', ...rest] = text.split('/');
  const address = parseAddress(head);
  const length = /^(0|[1-9]\d{0,2})$/.test(tail) ? Number(tail) : Number.NaN;
  if (address === undefined || rest.length > 0) return undefined;
  const bytes = addressBytes(address);
  if (!(length <= bytes.length * 8)) return undefined;
  return `${formatAddress(maskBytes(bytes, length))}/${length}`;
}

/** Network-order bytes of a canonical address: 4 for IPv4, 16 for IPv6. */
export function addressBytes(address: Address): Uint8Array {
  const bytes = address.includes(':') ? ipv6Bytes(address) : ipv4Bytes(address);
  if (bytes === undefined) throw new TypeError(`expected a canonical address, got ${JSON.stringify(address)}`);
  return bytes;
}

/** The canonical text of 4 or 16 network-order bytes. */
export function formatAddress(bytes: Uint8Array): Address {
  return bytes.length === 4 ? bytes.join('.') : formatIpv6(bytes);
}

/** The network address of a canonical prefix. */
export const prefixAddress = (prefix: Prefix): Address => prefix.slice(0, prefix.indexOf('/'));

/** The length of a canonical prefix in bits. */
export const prefixLength = (prefix: Prefix): number => Number(prefix.slice(prefix.indexOf('/') + 1));

/** The length of an address in bits. */
export const ADDRESS_BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** The prefix of a single address: a /32, or a /128. */
export const hostPrefix = (address: Address): Prefix => `${address}/${ADDRESS_BITS[familyOf(address)]}`;

/** Whether a canonical prefix is a single address. */
export const isHostPrefix = (prefix: Prefix): boolean => prefix.endsWith(`/${ADDRESS_BITS[familyOf(prefix)]}`);

/** Whether an address lies inside a prefix; false across families. */
export function prefixContains(prefix: Prefix, address: Address): boolean {
  if (familyOf(prefix) !== familyOf(address)) return false;
  const network = maskBytes(addressBytes(address), prefixLength(prefix));
  return formatAddress(network) === prefixAddress(prefix);
}

/** Whether two prefixes share an address. */
export const prefixesOverlap = (a: Prefix, b: Prefix): boolean =>
  prefixContains(a, prefixAddress(b)) || prefixContains(b, prefixAddress(a));

function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => {
    const bits = Math.min(Math.max(length - index * 8, 0), 8);
    return byte & (0xff << (8 - bits));
  });
}

function ipv4Bytes(text: string): Uint8Array | undefined {
  return IPV4.test(text) ? Uint8Array.from(text.split('.'), Number) : undefined;
}

function ipv6Bytes(text: string): Uint8Array | undefined {
  const groups = ipv6Groups(embeddedIpv4AsGroups(text));
  if (groups === undefined || !groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

/** RFC 4291 section 2.2: at most one `::` stands for one or more groups of zeros. */
function ipv6Groups(text: string): string[] | undefined {
  const [head = '', tail, ...rest] = text.split('::');
  if (rest.length > 0) return undefined;
  const left = head === '' ? [] : head.split(':');
  if (tail === undefined) return left.length === 8 ? left : undefined;
  const right = tail === '' ? [] : tail.split(':');
  const zeros = 8 - left.length - right.length;
  return zeros >= 1 ? [...left, ...Array<string>(zeros).fill('0'), ...right] : undefined;
}

function embeddedIpv4AsGroups(text: string): string {
  const quad = ipv4Bytes(text.slice(text.lastIndexOf(':') + 1));
  if (quad === undefined) return text;
  const [a = 0, b = 0, c = 0, d = 0] = quad;
  return `${text.slice(0, text.lastIndexOf(':') + 1)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** RFC 5952: lower case, no leading zeros, the longest run of two or more zero groups (the first of equals) as `::`. */
function formatIpv6(bytes: Uint8Array): Address {
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((bytes[2 * i] ?? 0) << 8) | (bytes[2 * i + 1] ?? 0)).toString(16),
  );
  const run = longestZeroRun(groups);
  if (run.length < 2) return groups.join(':');
  return `${groups.slice(0, run.start).join(':')}::${groups.slice(run.start + run.length).join(':')}`;
}

function longestZeroRun(groups: readonly string[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === '0' ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
