import { type Document, LineCounter, parseDocument } from 'yaml';
import type { Address } from '../model/address.ts';
import { explain } from '../model/error.ts';
import { checkAcrossKeys, type Fault, type KeyPath, valueAt } from './check.ts';
import type { Config, Graces, HealthConfig } from './config.ts';
import { inFileOrder } from './locate.ts';
import type { ConfigProblem } from './problem.ts';
import { type ConfigFile, configFile, configJsonSchema, namespace, speakerAddress } from './schema.ts';
import { suggest } from './suggest.ts';

export type ParsedConfig =
  | { readonly config: Config; readonly problems?: never }
  | { readonly problems: readonly ConfigProblem[]; readonly config?: never };

/**
 * Reads a configuration: a frozen Config with every default filled in, or every problem there is, in the order of the
 * file. What the file itself need not hold comes from around it: the name of this node, and where they are known the
 * node's own address, the default of the router id, and the namespace of the pod. Never throws.
 */
export function parseConfig(text: string, node: string, nodeIp?: string, podNamespace?: string): ParsedConfig {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  if (document.errors.length > 0) return { problems: document.errors.map((error) => syntaxProblem(error, lines)) };
  const { raw, failure } = plainData(document);
  if (failure !== undefined) return { problems: [{ line: 1, column: 1, path: '', ...failure }] };
  const result = configFile.safeParse(raw);
  const faults = [...(result.error?.issues ?? []).flatMap((issue) => faultsOf(issue, raw)), ...checkAcrossKeys(raw)];
  const routerId = result.data?.bgp.routerId ?? speakerAddress.safeParse(nodeIp).data;
  if (result.success && routerId === undefined) faults.push(noRouterId(nodeIp));
  if (!result.success || routerId === undefined || faults.length > 0) {
    return { problems: inFileOrder(faults, document, lines) };
  }
  return { config: frozen(toConfig(result.data, { node, routerId, podNamespace })) };
}

const noRouterId = (nodeIp: string | undefined): Fault => ({
  path: ['bgp', 'routerId'],
  expected: 'an IPv4 unicast address, here or in $NODE_IP',
  found: nodeIp === undefined ? 'neither' : `$NODE_IP as ${JSON.stringify(nodeIp)}`,
});

interface SyntaxError {
  readonly pos: readonly [number, number];
  readonly message: string;
}

function syntaxProblem({ pos, message }: SyntaxError, lines: LineCounter): ConfigProblem {
  const { line, col } = lines.linePos(pos[0]);
  return { line, column: col, path: '', expected: 'one YAML document', found: message };
}

/** Aliases are resolved only here: one that points nowhere, or a bomb of them, throws. */
function plainData(document: Document): { raw?: unknown; failure?: { expected: string; found: string } } {
  try {
    return { raw: document.toJS({ maxAliasCount: 100 }) };
  } catch (error) {
    return { failure: { expected: 'YAML with few aliases, each with its anchor', found: explain(error) } };
  }
}

interface Issue {
  readonly path: readonly PropertyKey[];
  readonly message: string;
  readonly keys?: readonly string[];
}

function faultsOf(issue: Issue, raw: unknown): Fault[] {
  const path = issue.path.map((key) => (typeof key === 'number' ? key : String(key)));
  if (issue.keys) return issue.keys.map((key) => unknownKey([...path, key], knownKeys(path)));
  return [{ path, expected: issue.message, found: describe(valueAt(raw, path)) }];
}

function unknownKey(path: KeyPath, known: readonly string[]): Fault {
  const written = String(path.at(-1));
  const meant = suggest(written, known);
  const expected = meant === undefined ? `one of the keys ${known.join(', ')}` : `a known key (did you mean ${meant}?)`;
  return { path, expected, found: `the unknown key ${JSON.stringify(written)}`, place: 'key' };
}

/** Which keys the mapping at a path may have, by the JSON Schema. */
function knownKeys(path: KeyPath): string[] {
  const steps = path.flatMap((key) => (typeof key === 'number' ? ['items'] : ['properties', key]));
  return Object.keys(valueAt(configJsonSchema(), [...steps, 'properties']) ?? {});
}

function describe(value: unknown): string {
  if (value === undefined || value === null) return 'nothing';
  if (Array.isArray(value)) return value.length === 0 ? 'an empty list' : 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}

/** What the file need not hold. */
interface Surroundings {
  readonly node: string;
  readonly routerId: Address;
  readonly podNamespace: string | undefined;
}

function toConfig(file: ConfigFile, { node, podNamespace, routerId }: Surroundings): Config {
  const { source, ranges, dataplane, health, announcement, cluster, bgp, deadman, http } = file;
  return {
    node,
    source,
    ranges,
    dataplane: toDataplane(dataplane),
    health: toHealth(health),
    announcement: {
      holdDownMs: announcement.holdDown,
      maxHoldDownMs: announcement.maxHoldDown,
      minimumAnnouncers: announcement.minimumAnnouncers,
      deprioritised: announcement.deprioritised,
      stopWaitMs: announcement.stopWait,
      drain: toDrain(announcement.drain),
      communities: announcement.communities,
      med: announcement.med,
    },
    cluster: {
      namespace: cluster.namespace ?? namespace.safeParse(podNamespace).data ?? 'fairlead',
      leaseDurationMs: cluster.leaseDuration,
    },
    bgp: {
      ...bgp,
      routerId,
      nextHopIPv6: bgp.nextHopIPv6,
      listenAddresses: bgp.listenAddresses ?? [routerId],
      peers: bgp.peers.map(({ address, as, holdTime, port }) => ({ address, as, holdTimeSeconds: holdTime, port })),
    },
    deadman: { socket: deadman.socket, crash: toGraces(deadman.crash), hang: toGraces(deadman.hang) },
    http,
  };
}

const toDrain = ({ settle, timeout, ...rest }: ConfigFile['announcement']['drain']) => ({
  ...rest,
  settleMs: settle,
  timeoutMs: timeout,
});

function toHealth({ checks, fall, fastInterval, interval, rise, splay, timeout }: ConfigFile['health']): HealthConfig {
  return {
    intervalMs: interval,
    fastIntervalMs: fastInterval,
    timeoutMs: timeout,
    rise,
    fall,
    splayMs: splay,
    checks: checks.map((own) => ({
      name: own.name,
      target: own.target,
      effect: own.effect,
      intervalMs: own.interval ?? interval,
      timeoutMs: own.timeout ?? timeout,
      rise: own.rise ?? rise,
      fall: own.fall ?? fall,
    })),
  };
}

const toGraces = ({ deprioritise, withdraw }: ConfigFile['deadman']['crash']): Graces => ({
  deprioritiseMs: deprioritise,
  withdrawMs: withdraw,
});

/** What a path with room for 1,360 bytes of IPv4 can carry: tunnels and access lines in use have that much. */
const DEFAULT_MSS = 1320;

function toDataplane({ scheduler, drainTimeout, mssClamp, auditInterval, ...rest }: ConfigFile['dataplane']) {
  const bytes = mssClamp === 'auto' ? DEFAULT_MSS : mssClamp;
  return {
    ...rest,
    scheduling: scheduler,
    drainMs: drainTimeout,
    mssClamp: bytes === 'off' ? undefined : bytes,
    auditMs: auditInterval,
  };
}

function frozen<T>(value: T): T {
  if (typeof value === 'object' && value !== null) for (const part of Object.values(value)) frozen(part);
  return Object.freeze(value);
}
