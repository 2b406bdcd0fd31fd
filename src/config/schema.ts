import { z } from 'zod';
import { SCHEDULING_EXPECTED } from '../model/scheduling.ts';
import type { SourceConfig } from './config.ts';
import { targetOf } from './own-check.ts';
import {
  CHECK_NAME,
  ENDPOINT,
  HTTP_URL,
  readCheckName,
  readEndpoint,
  readHttpUrl,
  readLoopbackEndpoint,
  readNamespace,
  readPath,
  readScheduling,
  readSocketPath,
  readStatusCodes,
  STATUS_CODES,
  wholeSecondsBetween,
} from './read.ts';
import { bgp } from './schema-bgp.ts';
import { announcement, nodes, range, ranges } from './schema-paths.ts';
import { duration, integer, list, mapping, oneOf, text, whole } from './shape.ts';

const source = mapping('`manifests` or `kubernetes`', {
  manifests: mapping('a mapping with a `directory`', {
    directory: text('an absolute path', readPath),
  }).optional(),
  kubernetes: mapping('a mapping; {} for the service account of the pod', {
    kubeconfig: text('an absolute path', readPath).optional(),
    lostAfter: duration('15s', '5m').prefault('30s'),
  }).optional(),
}).transform((sections, context): SourceConfig => {
  const { manifests, kubernetes } = sections;
  if (manifests && !kubernetes) return { kind: 'manifests', directory: manifests.directory };
  if (kubernetes && !manifests) {
    return { kind: 'kubernetes', kubeconfig: kubernetes.kubeconfig, lostAfterMs: kubernetes.lostAfter };
  }
  context.issues.push({ code: 'custom', message: 'either `manifests` or `kubernetes`', input: sections });
  return z.NEVER;
});

/** The namespace of the Leases, for what the environment says. */
export const namespace = text('the name of a namespace', readNamespace);

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
  ranges,
  dataplane: dataplane.prefault({}),
  health: health.prefault({}),
  announcement: announcement.prefault({}),
  nodes,
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
