import { prefixContains, prefixesOverlap } from '../model/address.ts';
import { checkName, crashGraces, hangGraces, health, nextHop, range, speakerAddress } from './schema.ts';

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
  const allowed = ALLOW_LISTS.map((path) => wellFormed(raw, path, range));
  const peers = wellFormed(raw, ['bgp', 'peers'], speakerAddress, 'address');
  const checks = wellFormed(raw, ['health', 'checks'], checkName, 'name');
  const own = [
    ...readable(speakerAddress, ['bgp', 'routerId'], valueAt(raw, ['bgp', 'routerId'])),
    ...readable(nextHop, ['bgp', 'nextHopIPv6'], valueAt(raw, ['bgp', 'nextHopIPv6'])),
    ...wellFormed(raw, ['bgp', 'listenAddresses'], speakerAddress),
  ];
  return [
    ...overlaps(ranges),
    ...allowed.flatMap((list) => overlaps(list, ranges)),
    ...duplicates(peers, 'each peer once'),
    ...duplicates(checks, 'each name once'),
    ...insidePrefix([...peers, ...own], [...ranges, ...allowed.flat()]),
    ...slowChecks(raw),
    ...hastyGraces(raw),
  ];
}

/** Prefixes of which single addresses are served. One may stand in both: an address may come either way. */
const ALLOW_LISTS: readonly KeyPath[] = [
  ['dataplane', 'externalIPs'],
  ['dataplane', 'loadBalancerIPs'],
];

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

function overlaps(list: readonly Found[], others: readonly Found[] = []): Fault[] {
  return list.flatMap(({ path, value }, index) => {
    const other = [...others, ...list.slice(0, index)].find((before) => prefixesOverlap(before.value, value));
    return other ? [{ path, expected: `a prefix apart from ${other.value}`, found: value }] : [];
  });
}

function duplicates(list: readonly Found[], expected: string): Fault[] {
  return list.flatMap(({ path, value }, index) =>
    list.slice(0, index).some((before) => before.value === value) ? [{ path, expected, found: `${value} again` }] : [],
  );
}

/** What is served is bound to this node: a switch, or this end of its session, in there could never be reached. */
function insidePrefix(addresses: readonly Found[], served: readonly Found[]): Fault[] {
  return addresses.flatMap(({ path, value }) => {
    const inside = served.find((candidate) => prefixContains(candidate.value, value));
    return inside ? [{ path, expected: `an address outside of ${inside.value}`, found: value }] : [];
  });
}

/** A run is over before the next one is due, so that a verdict takes `fall` intervals and one timeout at most. */
function slowChecks(raw: unknown): Fault[] {
  const times = timesAt(raw, ['health'], {});
  const own = valueAt(raw, ['health', 'checks']);
  const paths = (Array.isArray(own) ? own : []).map((_, index): KeyPath => ['health', 'checks', index]);
  return [
    ...slower(['health'], times),
    // What holds for all is wrong only once.
    ...paths
      .filter((path) => ['interval', 'timeout'].some((key) => valueAt(raw, [...path, key]) !== undefined))
      .flatMap((path) => slower(path, timesAt(raw, path, times))),
  ];
}

interface Times {
  readonly interval?: number | undefined;
  readonly timeout?: number | undefined;
}

const timesAt = (raw: unknown, path: KeyPath, others: Times): Times => ({
  interval: timeAt(raw, [...path, 'interval'], health.shape.interval, others.interval),
  timeout: timeAt(raw, [...path, 'timeout'], health.shape.timeout, others.timeout),
});

function timeAt(raw: unknown, path: KeyPath, reader: typeof health.shape.interval, otherwise: number | undefined) {
  const written = valueAt(raw, path);
  return written === undefined && otherwise !== undefined ? otherwise : reader.safeParse(written).data;
}

const slower = (path: KeyPath, { interval, timeout }: Times): Fault[] =>
  interval === undefined || timeout === undefined || timeout <= interval
    ? []
    : [{ path: [...path, 'timeout'], expected: `at most the interval of ${interval}ms`, found: `${timeout}ms` }];
/** Deprioritised comes before withdrawn, or is not to be seen at all. */
function hastyGraces(raw: unknown): Fault[] {
  return [
    { path: ['deadman', 'crash'], shape: crashGraces.shape },
    { path: ['deadman', 'hang'], shape: hangGraces.shape },
  ].flatMap(({ path, shape }) => {
    const deprioritise = shape.deprioritise.safeParse(valueAt(raw, [...path, 'deprioritise'])).data;
    const withdraw = shape.withdraw.safeParse(valueAt(raw, [...path, 'withdraw'])).data;
    if (deprioritise === undefined || withdraw === undefined || withdraw >= deprioritise) return [];
    const expected = `at least the ${deprioritise}ms of deprioritise`;
    return [{ path: [...path, 'withdraw'], expected, found: `${withdraw}ms` }];
  });
}
