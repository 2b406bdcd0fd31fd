import { z } from 'zod';
import { SCHEDULING_EXPECTED } from '../model/scheduling.ts';
import type { SourceConfig } from './config.ts';
import { targetOf } from './own-check.ts';
import {
  CHECK_NAME,
  durationBetween,
  ENDPOINT,
  GLOBAL_IPV6,
  HTTP_URL,
  readCheckName,
  readCommunity,
  readEndpoint,
  readGlobalIPv6,
  readGobgpTarget,
  type Reading,
  readHoldTime,
  readHttpUrl,
  readLoopbackEndpoint,
  readNamespace,
  readPath,
  readRange,
  readScheduling,
  readSocketPath,
  readSpeakerAddress,
  readStatusCodes,
  readTaintKey,
  STATUS_CODES,
  TAINT_KEY,
  wholeSecondsBetween,
} from './read.ts';

/** RFC 6793, without 0 (RFC 7607) and 4294967295 (RFC 7300). */
const asNumber = () => integer(1, 4_294_967_294, 'an AS number');

const LISTEN_PORT = 'a port from 1 to 65535, or -1 to accept no session';

const port = (of: string) => integer(1, 65_535, of);

const source = mapping('`manifests` or `kubernetes`', {
  manifests: mapping('a mapping with a `directory`', {
    directory: text('an absolute path', readPath),
  }).optional(),
  kubernetes: mapping('a mapping; {} for the service account of the pod', {
    kubeconfig: text('an absolute path', readPath).optional(),
  }).optional(),
}).transform((sections, context): SourceConfig => {
  const { manifests, kubernetes } = sections;
  if (manifests && !kubernetes) return { kind: 'manifests', directory: manifests.directory };
  if (kubernetes && !manifests) return { kind: 'kubernetes', kubeconfig: kubernetes.kubeconfig };
  context.issues.push({ code: 'custom', message: 'either `manifests` or `kubernetes`', input: sections });
  return z.NEVER;
});

/** One range, for the checks that look at several keys. */
export const range = text('a prefix such as 10.99.66.0/23 or fd99:66::/112', readRange);

/** One address of a session, for the checks that look at several keys. */
export const speakerAddress = text('an IPv4 unicast address such as 10.22.108.1', readSpeakerAddress);

/** The namespace of the Leases, for what the environment says. */
export const namespace = text('the name of a namespace', readNamespace);

/** The next hop of IPv6 ranges, for the checks that look at several keys. */
export const nextHop = text(GLOBAL_IPV6, readGlobalIPv6);

const MSS_CLAMP = 'auto, off, or bytes from 536 to 9000';

const allowList = () => z.array(range, { error: 'a list of prefixes' }).prefault([]);

const dataplane = mapping('a mapping', {
  mode: oneOf(['ipvs', 'none']).default('ipvs'),
  scheduler: text(SCHEDULING_EXPECTED, readScheduling).prefault('rr'),
  externalIPs: allowList(),
  loadBalancerIPs: allowList(),
  topologyHints: oneOf(['ignore', 'honour']).default('ignore'),
  drainTimeout: duration('0s', '24h').prefault('5m'),
  mssClamp: z.union([oneOf(['auto', 'off']), whole(536, 9000, MSS_CLAMP)], { error: MSS_CLAMP }).default('auto'),
  firewall: oneOf(['auto', 'nftables', 'iptables']).default('auto'),
  auditInterval: duration('10ms', '1h').prefault('250ms'),
});

const checkDuration = () => duration('10ms', '1h');
const checkCount = () => integer(1, 100, 'a count');

const ONE_TARGET = 'exactly one of `tcp`, `http` and `exec`';

/** The name of a check of the operator's, for the checks that look at several keys. */
export const checkName = text(CHECK_NAME, readCheckName);

/** As for execve(2): a string that ends with a NUL. */
const ARGUMENT = 'a text without a NUL';

const ownCheck = mapping('a mapping with a `name`, and `tcp`, `http` or `exec`', {
  name: checkName,
  tcp: text(ENDPOINT, readEndpoint).optional(),
  http: text(HTTP_URL, readHttpUrl).optional(),
  status: text(STATUS_CODES, readStatusCodes).prefault('200-399'),
  exec: list(
    'a list of a program and its arguments',
    z.string({ error: ARGUMENT }).regex(/^[^\0]*$/, { error: ARGUMENT }),
  ).optional(),
  effect: oneOf(['report', 'deprioritise', 'withdraw']).default('deprioritise'),
  interval: checkDuration().optional(),
  timeout: checkDuration().optional(),
  rise: checkCount().optional(),
  fall: checkCount().optional(),
}).transform(({ exec, http, status, tcp, ...rest }, context) => {
  const target = targetOf({ exec, http, status, tcp });
  if (target !== undefined) return { ...rest, target };
  context.issues.push({ code: 'custom', message: ONE_TARGET, input: rest });
  return z.NEVER;
});

/** How checks are run. Defaults: a broken packet path is seen after two seconds at most. */
export const health = mapping('a mapping', {
  interval: checkDuration().prefault('500ms'),
  fastInterval: checkDuration().prefault('200ms'),
  timeout: checkDuration().prefault('500ms'),
  rise: checkCount().default(3),
  fall: checkCount().default(3),
  splay: duration('0s', '1h').prefault('1s'),
  checks: z.array(ownCheck, { error: 'a list of checks' }).prefault([]),
});

/** Planned maintenance of a node. Who keeps a list of taints knows what sets them. */
const drain = mapping('a mapping', {
  timeout: duration('1s', '24h').prefault('5m'),
  settle: duration('0s', '10m').prefault('10s'),
  excludeLabel: oneOf(['ignore', 'honour']).default('ignore'),
  taints: z.array(text(TAINT_KEY, readTaintKey), { error: 'a list of taint keys' }).prefault([]),
});

const peer = mapping('a mapping with an `address` and an `as`', {
  address: speakerAddress,
  as: asNumber(),
  holdTime: text('a duration', readHoldTime).prefault('9s'),
  port: port('a port').default(179),
});

const bgp = mapping('a mapping with `localAs` and `peers`', {
  gobgp: text('a target', readGobgpTarget).prefault('unix:///run/gobgp/gobgp.sock'),
  localAs: asNumber(),
  routerId: speakerAddress.optional(),
  nextHopIPv6: nextHop.optional(),
  listenAddresses: list('a list of addresses of this node', speakerAddress).optional(),
  listenPort: whole(-1, 65_535, LISTEN_PORT)
    .refine((written) => written !== 0, { error: LISTEN_PORT })
    .default(179),
  peers: list('a list of at least one peer', peer),
});

/** What follows on the agent's last sign of life. A hang is told from a pause of the whole process by its length alone. */
const graces = (least: string, deprioritise: string) =>
  mapping('a mapping', {
    deprioritise: duration(least, '24h').prefault(deprioritise),
    withdraw: duration(least, '24h').prefault('5m'),
  });

export const crashGraces = graces('0s', '15s');
export const hangGraces = graces('500ms', '3s');

/**
 * The configuration file. Each message is what was expected, in words that follow "expected"; what was found and where
 * is added by `parseConfig`. Unknown keys are refused everywhere: a mistyped key must not silently mean its default.
 */
export const configFile = mapping('a mapping', {
  apiVersion: z.literal('fairlead.io/v1alpha1', { error: '"fairlead.io/v1alpha1"' }),
  kind: z.literal('FairleadConfig', { error: '"FairleadConfig"' }),
  source: source.prefault({ kubernetes: {} }),
  ranges: list('a list of at least one prefix', range),
  dataplane: dataplane.prefault({}),
  health: health.prefault({}),
  announcement: mapping('a mapping', {
    holdDown: duration('0s', '24h').prefault('5s'),
    maxHoldDown: duration('0s', '24h').prefault('5m'),
    minimumAnnouncers: integer(0, 100, 'a count').default(1),
    deprioritised: mapping('a mapping', {
      med: integer(1, 4_294_967_295, 'a number to add to the MULTI_EXIT_DISC').default(1000),
      prepend: integer(1, 10, 'a count').default(3),
    }).prefault({}),
    stopWait: duration('0s', '10m').prefault('2s'),
    drain: drain.prefault({}),
    communities: z
      .array(text('a community such as "64512:100"', readCommunity), { error: 'a list of communities' })
      .prefault([]),
    med: integer(0, 4_294_967_295, 'a MULTI_EXIT_DISC').optional(),
  }).prefault({}),
  cluster: mapping('a mapping', {
    namespace: namespace.optional(),
    leaseDuration: text('a duration', wholeSecondsBetween('3s', '5m')).prefault('15s'),
  }).prefault({}),
  bgp,
  deadman: mapping('a mapping', {
    socket: text('an absolute path', readSocketPath).prefault('/run/gobgp/deadman.sock'),
    crash: crashGraces.prefault({}),
    hang: hangGraces.prefault({}),
  }).prefault({}),
  http: mapping('a mapping', {
    socket: text('an absolute path', readSocketPath).prefault('/run/fairlead/agent.sock'),
    address: text('a loopback address and a port', readLoopbackEndpoint).prefault('127.0.0.1:9466'),
  }).prefault({}),
});

/** The file with its defaults filled in and its texts read. */
export type ConfigFile = z.output<typeof configFile>;

/** The JSON Schema of the file as a person writes it, for editors, suggestions and the documentation test. */
export const configJsonSchema = () => z.toJSONSchema(configFile, { io: 'input' });

function mapping<S extends z.core.$ZodLooseShape>(expected: string, shape: S) {
  return z.strictObject(shape, { error: expected });
}

function list<T extends z.core.SomeType>(expected: string, element: T) {
  return z.array(element, { error: expected }).min(1, { error: expected });
}

function text<T>(expected: string, read: (text: string) => Reading<T>) {
  return z.string({ error: expected }).transform((written, context) => {
    const reading = read(written);
    if ('value' in reading) return reading.value;
    context.issues.push({ code: 'custom', message: reading.expected, input: written });
    return z.NEVER;
  });
}

function duration(least: string, most: string) {
  return text(`a duration from ${least} to ${most}, such as 500ms, 3s or 1m`, durationBetween(least, most));
}

function integer(least: number, most: number, what: string) {
  return whole(least, most, `${what} from ${least} to ${most}`);
}

function whole(least: number, most: number, error: string) {
  return z.int({ error }).min(least, { error }).max(most, { error });
}

function oneOf<const T extends string>(names: readonly T[]) {
  return z.enum(names, { error: `one of ${names.join(', ')}` });
}
