import { prefixContains, prefixesOverlap } from '../model/address.ts';
import { health, range, speakerAddress } from './schema.ts';

/** The way to a value inside the file: keys and indices. */
export type KeyPath = readonly (string | number)[];

/** One thing that is wrong, by the path of the value. */
export interface Fault {
  readonly path: KeyPath;
  readonly expected: string;
  readonly found: string;
  /** Where to point: at the value, unless it is its key that is wrong. */
  readonly place?: 'key';
}

/**
 * The rules that hold between several keys. They look at every value that is well-formed by itself, whatever else is
 * wrong in the file, so that one run names all there is to repair.
 */
export function checkAcrossKeys(raw: unknown): Fault[] {
  const ranges = wellFormed(raw, ['ranges'], range);
  const peers = wellFormed(raw, ['bgp', 'peers'], speakerAddress, 'address');
  const own = [
    ...readable(speakerAddress, ['bgp', 'routerId'], valueAt(raw, ['bgp', 'routerId'])),
    ...wellFormed(raw, ['bgp', 'listenAddresses'], speakerAddress),
  ];
  return [...overlaps(ranges), ...duplicates(peers), ...insideRange([...peers, ...own], ranges), ...slowChecks(raw)];
}

/** The value at a path of plain data; undefined where the path ends early. */
export function valueAt(raw: unknown, path: KeyPath): unknown {
  return path.reduce<unknown>(
    (value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined),
    raw,
  );
}

interface Found {
  readonly path: KeyPath;
  readonly value: string;
}

interface Reader {
  safeParse(raw: unknown): { success: true; data: string } | { success: false };
}

function wellFormed(raw: unknown, path: KeyPath, reader: Reader, key?: string): Found[] {
  const elements = valueAt(raw, path);
  if (!Array.isArray(elements)) return [];
  const below = key === undefined ? [] : [key];
  return elements.flatMap((element, index) => readable(reader, [...path, index, ...below], valueAt(element, below)));
}

function readable(reader: Reader, path: KeyPath, raw: unknown): Found[] {
  const result = reader.safeParse(raw);
  return result.success ? [{ path, value: result.data }] : [];
}

function overlaps(ranges: readonly Found[]): Fault[] {
  return ranges.flatMap(({ path, value }, index) => {
    const other = ranges.slice(0, index).find((before) => prefixesOverlap(before.value, value));
    return other ? [{ path, expected: `a range apart from ${other.value}`, found: value }] : [];
  });
}

function duplicates(peers: readonly Found[]): Fault[] {
  return peers.flatMap(({ path, value }, index) =>
    peers.slice(0, index).some((before) => before.value === value)
      ? [{ path, expected: 'each peer once', found: `${value} again` }]
      : [],
  );
}

/** The range is bound to this node: a switch, or this end of its session, inside of it could never be reached. */
function insideRange(addresses: readonly Found[], ranges: readonly Found[]): Fault[] {
  return addresses.flatMap(({ path, value }) => {
    const inside = ranges.find((candidate) => prefixContains(candidate.value, value));
    return inside ? [{ path, expected: `an address outside the range ${inside.value}`, found: value }] : [];
  });
}

/** A run is over before the next one is due, so that a verdict takes `fall` intervals and one timeout at most. */
function slowChecks(raw: unknown): Fault[] {
  const interval = health.shape.interval.safeParse(valueAt(raw, ['health', 'interval'])).data;
  const timeout = health.shape.timeout.safeParse(valueAt(raw, ['health', 'timeout'])).data;
  if (interval === undefined || timeout === undefined || timeout <= interval) return [];
  return [{ path: ['health', 'timeout'], expected: `at most the interval of ${interval}ms`, found: `${timeout}ms` }];
}
