import { type Prefix, prefixAddress, prefixContains, prefixesOverlap, prefixLength } from '../model/address.ts';
import { checkPeers } from './check-peers.ts';
import { elementsAt, type Fault, type Found, type KeyPath, readable, type Reader, valueAt } from './fault.ts';
import { isLocalTarget } from './read-bgp.ts';
import { checkName, crashGraces, hangGraces, health } from './schema.ts';
import { accepted, bgpShape, speakerAddress } from './schema-bgp.ts';
import { range } from './schema-paths.ts';

/**
 * The rules that hold between several keys. They look at every value that is well-formed by itself, whatever else is
 * wrong in the file, so that one run names all there is to repair.
 */
export function checkAcrossKeys(raw: unknown): Fault[] {
  const ranges = elementsAt(raw, ['ranges']).flatMap((path) => [
    ...readable(range, path, raw),
    ...readable(range, [...path, 'prefix'], raw),
  ]);
  const allowed = ALLOW_LISTS.map((path) => wellFormed(raw, path, range));
  const served = [...ranges, ...allowed.flat()];
  return [
    ...overlaps(ranges),
    ...allowed.flatMap((list) => overlaps(list, ranges)),
    ...duplicates(wellFormed(raw, ['health', 'checks'], checkName, 'name'), 'each name once'),
    ...duplicates(wellFormed(raw, ['bgp', 'accept'], accepted), 'each prefix once'),
    ...insidePrefix(speakerAddresses(raw), served),
    ...ownAccepted(raw, served),
    ...openTarget(raw),
    ...nothingAllowed(raw),
    ...checkPeers(raw),
    ...slowChecks(raw),
    ...hastyGraces(raw),
    ...autoWithoutCluster(raw),
  ];
}

/** Prefixes of which single addresses are served. One may stand in both: an address may come either way. */
const ALLOW_LISTS: readonly KeyPath[] = [
  ['dataplane', 'externalIPs'],
  ['dataplane', 'loadBalancerIPs'],
];

/** The addresses of both ends of the sessions, and those that switches send packets to. */
const speakerAddresses = (raw: unknown): Found[] => [
  ...wellFormed(raw, ['bgp', 'peers'], speakerAddress, 'address'),
  ...wellFormed(raw, ['bgp', 'peers'], speakerAddress, 'localAddress'),
  ...wellFormed(raw, ['bgp', 'listenAddresses'], speakerAddress),
  ...['routerId', 'nextHopIPv4', 'nextHopIPv6'].flatMap((key) => readable(speakerAddress, ['bgp', key], raw)),
];

const wellFormed = (raw: unknown, path: KeyPath, reader: Reader, ...below: string[]): Found[] =>
  elementsAt(raw, path).flatMap((element) => readable(reader, [...element, ...below], raw));

/** Where the path of a peer is better than ours, gobgpd takes ours back from all peers: nobody may give us our own. */
function ownAccepted(raw: unknown, served: readonly Found[]): Fault[] {
  return wellFormed(raw, ['bgp', 'accept'], accepted).flatMap(({ path, value }) => {
    const own = served.find(
      (prefix) => prefixContains(prefix.value, prefixAddress(value)) && isLonger(value, prefix.value),
    );
    return own ? [{ path, expected: `a prefix that is not inside of ${own.value}, which is ours`, found: value }] : [];
  });
}

const isLonger = (inner: Prefix, outer: Prefix): boolean => prefixLength(inner) >= prefixLength(outer);

/** GHSA-v5mh-h5hx-7v92: whoever reaches the API can announce anything. */
function openTarget(raw: unknown): Fault[] {
  if (valueAt(raw, ['bgp', 'tls']) !== undefined) return [];
  const expected = 'a unix socket or a loopback address, or `bgp.tls` beside it: this API asks for no password';
  return readable(bgpShape.gobgp, ['bgp', 'gobgp'], raw)
    .filter(({ value }) => !isLocalTarget(value))
    .map(({ path, value }) => ({ path, expected, found: value }));
}

/** To announce the addresses of Services, some of them have to be served. */
function nothingAllowed(raw: unknown): Fault[] {
  return ALLOW_LISTS.flatMap((list) => {
    const path: KeyPath = ['announcement', 'services', ...list.slice(1)];
    const empty = elementsAt(raw, list).length === 0;
    const expected = `false, or prefixes in ${list.join('.')} that such addresses are in`;
    return valueAt(raw, path) === true && empty ? [{ path, expected, found: 'true' }] : [];
  });
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
  const paths = elementsAt(raw, ['health', 'checks']);
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

/** A directory of manifests has no API server that could name its ranges. */
function autoWithoutCluster(raw: unknown): Fault[] {
  const path: KeyPath = ['ranges'];
  const isAuto = valueAt(raw, path) === 'auto' && valueAt(raw, ['source', 'manifests']) !== undefined;
  const expected = 'a list of prefixes: `auto` reads the ServiceCIDRs of a cluster, and needs `source.kubernetes`';
  return isAuto ? [{ path, expected, found: '"auto"' }] : [];
}

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
