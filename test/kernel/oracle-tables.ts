import { familyOf } from '../../src/model/address.ts';
import {
  formatEndpoint,
  type RealServer,
  realServerKey,
  type SchedulerFlag,
  type VirtualServer,
  type VirtualServerKey,
  virtualServerKey,
} from '../../src/model/virtual-server.ts';
import { identity, realServerLine } from './ipvsadm.ts';
import type { Random } from './random.ts';

export type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

/** Two ranges, and prefixes of external addresses: what fairlead owns. */
export const OWN = ['10.99.66.0/23', 'fd99:66::/112', '192.0.2.16/28', '2001:db8:5::7/128'];

const ADDRESSES =
  '10.99.66.0 10.99.66.10 10.99.66.11 10.99.67.255 192.0.2.16 192.0.2.31 fd99:66:: fd99:66::a fd99:66::ffff 2001:db8:5::7'.split(
    ' ',
  );
const IDENTITIES = ADDRESSES.flatMap((address) =>
  (['tcp', 'udp', 'sctp'] as const).flatMap((protocol) => [80, 65_535].map((port) => ({ protocol, address, port }))),
);
const FLAGS: readonly (readonly SchedulerFlag[])[] = [[], ['fallback'], ['port'], ['fallback', 'port']];
const MANY = 150;

/** What others have in the table before we come: next to what is ours, and as nobody of us would write it. */
export const OTHERS = `
-A -t 10.99.65.255:80 -s wlc
-a -t 10.99.65.255:80 -r 10.1.0.1:8080 -g -w 3
-A -u 10.99.68.0:80 -s mh -p 77 -b mh-port
-a -u 10.99.68.0:80 -r 10.1.0.2:80 -m -w 0 -x 9 -y 2
-A -t 192.0.2.15:80 -s rr
-A -t 192.0.2.32:80 -s sh
-a -t 192.0.2.32:80 -r 10.1.0.9:8080 -m -w 1
-A --sctp-service [fd99:66::1:0]:80 -s lc
-a --sctp-service [fd99:66::1:0]:80 -r [fd00::1]:8080 -m -w 5
-A -t [2001:db8:5::8]:80 -s rr -p 300 -M 64
-A -f 7 -s rr
-a -f 7 -r 10.1.0.3:0 -g -w 1
`
  .trim()
  .split('\n');

/** A step from one table that is wanted to the next. */
export interface Edit {
  readonly wanted: Wanted;
  readonly changed: ReadonlySet<VirtualServerKey>;
  /** Whether a single real server of a virtual server differs, and nothing else. */
  readonly lone: boolean;
}

/** Some virtual servers come, go and change: mostly a few, sometimes most of them. */
export function randomEdit(random: Random, wanted: Wanted): Edit {
  if (wanted.size > 0 && random.chance(0.3)) return loneEdit(random, wanted);
  if (wanted.size > 0 && random.chance(0.3)) return drainingEdit(random, wanted);
  const next = new Map(wanted);
  const count = random.chance(0.1) ? IDENTITIES.length / 2 : random.between(0, 4);
  const chosen = random.sample(IDENTITIES, count);
  for (const one of chosen) {
    const key = virtualServerKey(one);
    const before = next.get(key);
    if (before === undefined) next.set(key, randomServer(random, one));
    else if (random.chance(0.3)) next.delete(key);
    else next.set(key, changedServer(random, before));
  }
  return { wanted: next, changed: new Set(chosen.map(virtualServerKey)), lone: false };
}

/** One real server gets another weight, so that what the kernel has to do is one thing. */
function loneEdit(random: Random, wanted: Wanted): Edit {
  const server = random.pick([...wanted.values()]);
  const key = virtualServerKey(server);
  const [real] = random.sample(server.realServers, 1);
  const realServers = real
    ? server.realServers.map((one) => (one === real ? { ...one, weight: one.weight + random.between(1, 9) } : one))
    : [randomReal(random, server, 1)];
  return { wanted: new Map([...wanted, [key, { ...server, realServers }]]), changed: new Set([key]), lone: true };
}

/** Some real servers of a virtual server drain; the others stay as they are. */
function drainingEdit(random: Random, wanted: Wanted): Edit {
  const server = random.pick([...wanted.values()]);
  const key = virtualServerKey(server);
  const realServers = server.realServers.map((real) => (random.chance(0.6) ? { ...real, weight: 0 } : real));
  return { wanted: new Map([...wanted, [key, { ...server, realServers }]]), changed: new Set([key]), lone: false };
}

function randomServer(random: Random, one: Pick<VirtualServer, 'protocol' | 'address' | 'port'>): VirtualServer {
  const server = { ...one, ...randomSettings(random), realServers: [] };
  const count = random.chance(0.05) ? MANY : random.between(0, 6);
  return { ...server, realServers: distinct(Array.from({ length: count }, () => randomReal(random, server))) };
}

function randomSettings(random: Random): Pick<VirtualServer, 'scheduler' | 'schedulerFlags' | 'persistenceSeconds'> {
  const scheduler = random.pick(['rr', 'wrr', 'lc', 'wlc', 'sh', 'mh']);
  const hashes = scheduler === 'sh' || scheduler === 'mh';
  return {
    scheduler,
    schedulerFlags: hashes ? random.pick(FLAGS) : [],
    persistenceSeconds: random.chance(0.5) ? randomPersistence(random) : 0,
  };
}

const randomPersistence = (random: Random): number => random.pick([1, 300, 10_800, 86_400]);

function changedServer(random: Random, server: VirtualServer): VirtualServer {
  const settings = random.chance(0.3) ? randomSettings(random) : {};
  const persistence = random.chance(0.3) ? { persistenceSeconds: randomPersistence(random) } : {};
  const kept = server.realServers.filter(() => random.chance(0.8));
  const weighed = kept.map((real) => (random.chance(0.3) ? { ...real, weight: randomWeight(random) } : real));
  const fresh = Array.from({ length: random.between(0, 2) }, () => randomReal(random, server));
  return { ...server, ...settings, ...persistence, realServers: distinct([...weighed, ...fresh]) };
}

function randomReal(
  random: Random,
  { address }: Pick<VirtualServer, 'address'>,
  weight = randomWeight(random),
): RealServer {
  const number = random.between(1, 250);
  const prefix = familyOf(address) === 'ipv4' ? '10.1.0.' : 'fd00:1::';
  const text = familyOf(address) === 'ipv4' ? String(number) : number.toString(16);
  return { address: `${prefix}${text}`, port: random.pick([53, 8080]), weight };
}

/** 0 drains. */
const randomWeight = (random: Random): number => (random.chance(0.3) ? 0 : random.pick([1, 1, 1, 2, 7, 100, 65_535]));

const distinct = (reals: readonly RealServer[]): RealServer[] => [
  ...new Map(reals.map((real) => [realServerKey(real), real])).values(),
];

/**
 * What the kernel should hold of what is wanted: a real server of weight 0 only where `stays` says that it is there
 * already, with the weight it had before.
 */
export function standing(wanted: Wanted, before: Wanted, stays: (weight: number) => boolean): Wanted {
  return new Map(
    [...wanted].map(([key, server]) => {
      const weights = new Map(before.get(key)?.realServers.map((real) => [realServerKey(real), real.weight]));
      const isThere = (real: RealServer): boolean => {
        const weight = weights.get(realServerKey(real));
        return real.weight > 0 || (weight !== undefined && stays(weight));
      };
      return [key, { ...server, realServers: server.realServers.filter(isThere) }];
    }),
  );
}

/** Lines for ipvsadm that change a table inside what is ours; `held` is what is there now. */
export function randomTampering(random: Random, held: Wanted): string[] {
  const drained = [...held.values()].filter(({ realServers }) => realServers.some(drains));
  const victims = new Set([...random.sample([...held.values()], random.between(1, 4)), ...random.sample(drained, 2)]);
  const absent = IDENTITIES.filter((one) => !held.has(virtualServerKey(one)));
  const [foreign] = random.chance(0.3) ? random.sample(absent, 1) : [];
  const added = foreign && [`-A ${identity(foreign)} -s ${random.pick(['rr', 'wlc'])}`, foreignReal(random, foreign)];
  return [...[...victims].flatMap((server) => tamperWith(random, server)), ...(added ?? [])];
}

const drains = ({ weight }: RealServer): boolean => weight === 0;

function tamperWith(random: Random, server: VirtualServer): string[] {
  const [draining] = random.sample(server.realServers.filter(drains), 1);
  const service = identity(server);
  if (draining && random.chance(0.5))
    return [realServerLine('-e', server, { ...draining, weight: random.between(1, 9) })];
  const [real] = random.sample(server.realServers, 1);
  if (random.chance(0.2)) return [`-D ${service}`];
  if (random.chance(0.2)) return [`-E ${service} -s ${random.pick(['lc', 'mh'])} -p ${random.between(1, 99)}`];
  if (real === undefined || random.chance(0.3)) return [foreignReal(random, server)];
  const edit = realServerLine('-e', server, { ...real, weight: random.between(0, 9) });
  return [random.pick([`-d ${service} -r ${formatEndpoint(real)}`, edit])];
}

/** At an address that no real server of ours has. Without translation (`-g`) it gets the port of the service. */
function foreignReal(random: Random, server: Pick<VirtualServer, 'protocol' | 'address' | 'port'>): string {
  const address = familyOf(server.address) === 'ipv4' ? '10.66.6.6' : 'fd66::6';
  return `-a ${identity(server)} -r ${formatEndpoint({ address, port: random.between(1, 9) })} ${random.pick(['-m', '-g'])} -w 1`;
}

/** The lines that only one of the two has. */
export function differences(expected: readonly string[], found: readonly string[]): string[] {
  return [...without(expected, found, 'missing'), ...without(found, expected, 'unexpected')];
}

/** A line that stands there twice counts twice. */
function without(lines: readonly string[], others: readonly string[], word: string): string[] {
  const counts = new Map<string, number>();
  for (const line of others) counts.set(line, (counts.get(line) ?? 0) + 1);
  return lines.flatMap((line) => {
    const left = counts.get(line) ?? 0;
    counts.set(line, left - 1);
    return left > 0 ? [] : [`${word}: ${line}`];
  });
}
