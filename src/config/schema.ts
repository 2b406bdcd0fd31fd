import { z } from 'zod';
import { SCHEDULING_EXPECTED } from '../model/scheduling.ts';
import type { SourceConfig } from './config.ts';
import { targetOf } from './own-check.ts';
import { PATTERN } from './pattern.ts';
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
import { duration, exactlyOne, integer, list, mapping, oneOf, port, text, whole } from './shape.ts';

const source = mapping('`manifests` or `kubernetes`', {
  manifests: mapping('a mapping with a `directory`', {
    directory: text('an absolute path', readPath, PATTERN.path).describe(
      'absolute path of a directory of manifests to serve, instead of a cluster',
    ),
  }).optional(),
  kubernetes: mapping('a mapping; {} for the service account of the pod', {
    kubeconfig: text('an absolute path', readPath, PATTERN.path)
      .optional()
      .describe('absolute path of a kubeconfig file; without it, the service account of the pod'),
    lostAfter: duration('15s', '5m')
      .prefault('30s')
      .describe(
        'duration from 15s to 5m until an API server that has vanished without a word, or hangs, is noticed and asked anew; nothing is withdrawn for it',
      ),
  }).optional(),
})
  .meta(exactlyOne('manifests', 'kubernetes'))
  .transform((sections, context): SourceConfig => {
    const { manifests, kubernetes } = sections;
    if (manifests && !kubernetes) return { kind: 'manifests', directory: manifests.directory };
    if (kubernetes && !manifests) {
      return { kind: 'kubernetes', kubeconfig: kubernetes.kubeconfig, lostAfterMs: kubernetes.lostAfter };
    }
    context.issues.push({ code: 'custom', message: 'either `manifests` or `kubernetes`', input: sections });
    return z.NEVER;
  });

/** The namespace of the Leases, for what the environment says. */
export const namespace = text('the name of a namespace', readNamespace, PATTERN.label);

const MSS_CLAMP = 'auto, off, or bytes from 536 to 9000';

const allowList = () => z.array(range, { error: 'a list of prefixes' }).prefault([]);

const dataplane = mapping('a mapping', {
  mode: oneOf(['ipvs', 'none'])
    .default('ipvs')
    .describe(
      "`ipvs`: serve the ranges by IPVS; `none`: announce them on top of another proxy's data plane, such as kube-proxy's",
    ),
  scheduler: text(SCHEDULING_EXPECTED, readScheduling, PATTERN.scheduler)
    .prefault('rr')
    .describe(
      'IPVS scheduler of a Service that asks for no other, as in `ipvsadm -s`; behind `sh` or `mh` its flags, as in `ipvsadm -b`: `mh,mh-port,mh-fallback`',
    ),
  externalIPs: allowList().describe(
    'prefixes: of the addresses in `spec.externalIPs` only those inside are served. Whoever may write a Service could take any address otherwise (CVE-2020-8554)',
  ),
  loadBalancerIPs: allowList().describe(
    'prefixes: of the addresses in `status.loadBalancer.ingress` only those inside are served',
  ),
  topologyHints: oneOf(['ignore', 'honour'])
    .default('ignore')
    .describe(
      "`honour`: prefer the endpoints that an EndpointSlice's hints name for this node or its zone. Outside traffic is spread by the switch and knows no zones, so the default ignores them",
    ),
  drainTimeout: duration('0s', '24h')
    .prefault('5m')
    .describe('duration a real server that is going away may keep its connections; 0s to 24h'),
  mssClamp: z
    .union([oneOf(['auto', 'off']), whole(536, 9000, MSS_CLAMP)], { error: MSS_CLAMP })
    .default('auto')
    .describe(
      'largest TCP segment that connections over IPv4 agree on, 20 bytes less over IPv6: bytes from 536 to 9000, `auto` for 1320, or `off`',
    ),
  firewall: oneOf(['auto', 'nftables', 'iptables'])
    .default('auto')
    .describe(
      'what holds the filter and the SNAT rule: `nftables`, `iptables`, or `auto`: nftables where the kernel has it',
    ),
  auditInterval: duration('10ms', '1h')
    .prefault('250ms')
    .describe('duration between two looks at what the kernel really holds; 10ms to 1h'),
});

const checkDuration = () => duration('10ms', '1h');
const checkCount = () => integer(1, 100, 'a count');

const ONE_TARGET = 'exactly one of `tcp`, `http` and `exec`';

/** The name of a check of the operator's, for the checks that look at several keys. */
export const checkName = text(CHECK_NAME, readCheckName, PATTERN.checkName);

/** As for execve(2): a string that ends with a NUL. */
const ARGUMENT = 'a text without a NUL';

const ownCheck = mapping('a mapping with a `name`, and `tcp`, `http` or `exec`', {
  name: checkName.describe('name of a check of your own: at most 63 small letters, digits and dashes; each name once'),
  tcp: text(ENDPOINT, readEndpoint, PATTERN.endpoint)
    .optional()
    .describe('address and port that a connection is opened to. A check has exactly one of `tcp`, `http` and `exec`'),
  http: text(HTTP_URL, readHttpUrl)
    .optional()
    .describe('http or https URL that is asked by GET. No redirection is followed; a certificate is verified'),
  status: text(STATUS_CODES, readStatusCodes, PATTERN.statusCodes)
    .prefault('200-399')
    .describe('status code, or two with a dash between them, that are a good answer over HTTP'),
  exec: list(
    'a list of a program and its arguments',
    z.string({ error: ARGUMENT }).regex(/^[^\0]*$/, { error: ARGUMENT }),
  )
    .optional()
    .describe('list of a program and its arguments, run without a shell; exit code 0 is good'),
  effect: oneOf(['report', 'deprioritise', 'withdraw'])
    .default('deprioritise')
    .describe(
      'what becomes of the announcement while the check is unhealthy: `report` for nothing, `deprioritise` or `withdraw`',
    ),
  interval: checkDuration().optional().describe('as `health.interval`, for this check; without it, that one'),
  timeout: checkDuration().optional().describe('as `health.timeout`, for this check; without it, that one'),
  rise: checkCount().optional().describe('as `health.rise`, for this check; without it, that one'),
  fall: checkCount().optional().describe('as `health.fall`, for this check; without it, that one'),
})
  .meta(exactlyOne('tcp', 'http', 'exec'))
  .transform(({ exec, http, status, tcp, ...rest }, context) => {
    const target = targetOf({ exec, http, status, tcp });
    if (target !== undefined) return { ...rest, target };
    context.issues.push({ code: 'custom', message: ONE_TARGET, input: rest });
    return z.NEVER;
  });

/** How checks are run. Defaults: a broken packet path is seen after two seconds at most. */
export const health = mapping('a mapping', {
  interval: checkDuration().prefault('500ms').describe('duration from one run of a check to the next; 10ms to 1h'),
  fastInterval: checkDuration()
    .prefault('200ms')
    .describe(
      'the same while a check is on its way to another verdict, or to its first; 10ms to 1h, and of no effect above the interval',
    ),
  timeout: checkDuration()
    .prefault('500ms')
    .describe(
      'duration after which a run has failed; 10ms to 1h and at most the interval, so that runs do not overlap',
    ),
  rise: checkCount().default(3).describe('count of good runs in a row that make a check healthy; 1 to 100'),
  fall: checkCount().default(3).describe('count of bad runs in a row that make a check unhealthy; 1 to 100'),
  splay: duration('0s', '1h')
    .prefault('1s')
    .describe(
      'duration of which the first run of each check waits a random part, so that nodes do not probe in step; 0s to 1h',
    ),
  checks: z.array(ownCheck, { error: 'a list of checks' }).prefault([]),
});

/** What follows on the agent's last sign of life. A hang is told from a pause of the whole process by its length alone. */
const graces = (least: string, deprioritise: string, meaning: { deprioritise: string; withdraw: string }) =>
  mapping('a mapping', {
    deprioritise: duration(least, '24h').prefault(deprioritise).describe(meaning.deprioritise),
    withdraw: duration(least, '24h').prefault('5m').describe(meaning.withdraw),
  });

export const crashGraces = graces('0s', '15s', {
  deprioritise:
    'duration after the last sign of life of an agent whose process has ended, until its paths are deprioritised; 0s to 24h',
  withdraw: 'duration after it until they are withdrawn, at least as long',
});
export const hangGraces = graces('500ms', '3s', {
  deprioritise:
    'the same for an agent that is there and does not beat: until its paths are deprioritised; 500ms to 24h',
  withdraw: 'duration until they are withdrawn, at least as long',
});

/**
 * The configuration file. Each message is what was expected, in words that follow "expected"; what was found and where
 * is added by `parseConfig`. Unknown keys are refused everywhere: a mistyped key must not silently mean its default.
 */
export const configFile = mapping('a mapping', {
  apiVersion: z.literal('fairlead.io/v1alpha1', { error: '"fairlead.io/v1alpha1"' }).describe('`fairlead.io/v1alpha1`'),
  kind: z.literal('FairleadConfig', { error: '"FairleadConfig"' }).describe('`FairleadConfig`'),
  source: source
    .prefault({ kubernetes: {} })
    .describe('what says which Services there are: a cluster, or a directory of manifests'),
  ranges,
  dataplane: dataplane.prefault({}).describe('what the kernel is made to do'),
  health: health.prefault({}).describe('how it is checked that clients are served'),
  announcement: announcement.prefault({}).describe('how and when the ranges are announced'),
  nodes: nodes.describe('what differs from node to node'),
  cluster: mapping('a mapping', {
    namespace: namespace.optional().meta({
      description:
        'namespace of the Leases by which the agents know of each other; `fairlead` where the variable is not set',
      computedDefault: '$POD_NAMESPACE',
    }),
    leaseDuration: text('a duration', wholeSecondsBetween('3s', '5m'), PATTERN.duration)
      .prefault('15s')
      .describe(
        'duration an agent that stopped without a word still counts: whole seconds from 3s to 5m, the same on all nodes',
      ),
  })
    .prefault({})
    .describe('how the agents of the lb nodes know of each other'),
  bgp: bgp.describe('gobgpd, and its sessions with switches'),
  deadman: mapping('a mapping', {
    socket: text('an absolute path', readSocketPath, PATTERN.path)
      .prefault('/run/gobgp/deadman.sock')
      .describe(
        'unix socket that the agent beats on and `fairlead sidecar` listens on: an absolute path of at most 107 bytes',
      ),
    crash: crashGraces.prefault({}),
    hang: hangGraces.prefault({}),
  })
    .prefault({})
    .describe('what the sidecar does where the agent is silent'),
  http: mapping('a mapping', {
    socket: text('an absolute path', readSocketPath, PATTERN.path)
      .prefault('/run/fairlead/agent.sock')
      .describe('unix socket for `fairlead status` on this node: an absolute path of at most 107 bytes'),
    address: text('a loopback address and a port', readLoopbackEndpoint, PATTERN.endpoint)
      .prefault('127.0.0.1:9466')
      .describe("loopback address and TCP port for kubelet's probes and all that asks from this node"),
    metricsPort: port('a port')
      .optional()
      .describe(
        'TCP port of `bgp.routerId` where `/metrics`, `/livez` and `/readyz` are open to other machines too, as to a Prometheus; see [metrics.md](metrics.md#how-prometheus-gets-them)',
      ),
  })
    .prefault({})
    .describe('where the agent is asked for its status'),
});

/** The file with its defaults filled in and its texts read. */
export type ConfigFile = z.output<typeof configFile>;
