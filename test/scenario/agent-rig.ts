import { mkdtemp, rm, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { vi } from 'vitest';
import { Agent } from '../../src/agent/agent.ts';
import { Tally } from '../../src/agent/tally.ts';
import { ownChecks } from '../../src/agent/node-checks.ts';
import type { Legacy } from '../../src/agent/legacy.ts';
import { NodePeers } from '../../src/agent/node-peers.ts';
import { peerScope, peersOf } from '../../src/agent/peers.ts';
import { firstAddresses, type NodeAddress, type UsableRanges, usableRanges } from '../../src/agent/ranges.ts';
import type { LinkSpeed } from '../../src/agent/weight.ts';
import { createSpeaker } from '../../src/bgp/gobgp-speaker.ts';
import type { Speaker } from '../../src/bgp/speaker.ts';
import { type Bulletin, noBulletin } from '../../src/cluster/node-bulletin.ts';
import type { Presence } from '../../src/cluster/presence.ts';
import type { Config } from '../../src/config/config.ts';
import { parseConfig } from '../../src/config/parse.ts';
import type { DefaultRoute } from '../../src/dataplane/netlink/default-routes.ts';
import { renderMetrics } from '../../src/http/metrics/metrics.ts';
import { ProcessReader } from '../../src/http/metrics/read-process.ts';
import type { Neighbour } from '../../src/dataplane/neighbours/plan.ts';
import type { Peer } from '../../src/model/path.ts';
import type { Status } from '../../src/model/status.ts';
import { createManifestSource } from '../../src/source/manifests.ts';
import type { Source } from '../../src/source/source.ts';
import { FakeFence, FakeKernel, FakeNeighbours, FakePresence, FakeProbe } from './agent-kernel.ts';

export const RANGE = '10.99.66.0/23';
export const NODE = '10.22.108.100';
export const HOLD_DOWN_MS = 300;
/** How long a drain watches traffic fall. */
const SETTLE_MS = 400;

/** Manifests of a Service, and of a slice with one endpoint for it. */
export const service = (name: string, address: string, port = '{ name: http, port: 80 }'): string => `apiVersion: v1
kind: Service
metadata: { name: ${name} }
spec: { clusterIP: ${address}, ports: [${port}] }
`;
export const slice = (name: string, port = '{ name: http, port: 8080 }'): string => `---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata: { name: ${name}-1, labels: { kubernetes.io/service-name: ${name} } }
addressType: IPv4
ports: [${port}]
endpoints: [{ addresses: [10.1.0.101] }]
`;
export const WEB = service('web', '10.99.66.10') + slice('web');
export const WEB_KEY = 'tcp/10.99.66.10:80';
export const CANARY_KEY = 'tcp/10.99.66.0:9';

export interface RigOptions {
  /** Where gobgpd's API listens. */
  readonly target: string;
  /** All of it, in place of what follows. */
  readonly config?: Config;
  readonly ranges?: readonly string[];
  readonly mode?: 'ipvs' | 'none';
  /** Programs that are on the node before the agent starts. */
  readonly neighbours?: readonly Neighbour[];
  /** Manifests by file name. */
  readonly files: Readonly<Record<string, string>>;
  /** Without, the agent asks nobody before it withdraws. */
  readonly minimumAnnouncers?: number;
  /** How many may drain at once; without, it asks nobody before it does. */
  readonly maxDraining?: number;
  /** Its name; without, lb-1. */
  readonly node?: string;
  /** The operator's own checks, as the configuration has them. */
  readonly checks?: string;
  /** More of what the configuration has below `dataplane`, `announcement` and `bgp`. */
  readonly dataplane?: string;
  readonly announcement?: string;
  readonly bgp?: string;
  /** The list of peers as the configuration has it; without, one. */
  readonly peers?: string;
  /** What this node has for default routes before the agent starts. */
  readonly routes?: readonly DefaultRoute[];
  /** Those of ServiceCIDRs, in place of the others, and why they may not be those of now. */
  readonly auto?: Required<Pick<UsableRanges, 'outdated'>> & Pick<Config, 'ranges'>;
  /** Where it learns of the cluster; without, from the manifests. */
  readonly source?: Source;
  /** How it knows of the others; without, as the test says. */
  readonly presence?: Presence;
  /** Whom it tells of itself; without, nobody. */
  readonly bulletin?: Bulletin;
  /** Rounds of the probe that may be run before the test allows more. */
  readonly probes?: number;
  /** What is wrong with its configuration file, and what of it needs a restart. */
  readonly problems?: () => readonly string[];
  readonly needsRestart?: () => readonly string[];
  /** What the agent before it in the same process has left. */
  readonly legacy?: Legacy | undefined;
  /** Where a drain is kept: the same one for two agents, of which the second is the first one started anew. */
  readonly drainFile?: string;
  /** Where what is known of the node is kept: as above. */
  readonly nodeFile?: string;
  /** What is counted: the same one for two agents of one process. */
  readonly tally?: Tally;
}

type LogLine = Readonly<Record<string, unknown>>;

/** The whole agent, on manifests of its own, with a fake kernel and whatever gobgpd is behind the target. */
export class Rig {
  readonly kernel = new FakeKernel();
  readonly neighbours = new FakeNeighbours();
  readonly presence = new FakePresence();
  readonly fence = new FakeFence();
  readonly probe: FakeProbe;
  readonly lines: LogLine[] = [];
  readonly peers: NodePeers;
  /** `peers.look()` is how the kernel would tell of a change. */
  routes: readonly DefaultRoute[];
  nextHopIPv6: string | undefined;
  linkSpeed: LinkSpeed = { interface: 'eth0', megabitsPerSecond: undefined };
  readonly agent: Agent;
  readonly speaker: Speaker;
  readonly #directory: string;
  #stopping: Promise<unknown> | undefined;

  static async start(options: RigOptions): Promise<Rig> {
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-agent-'));
    const rig = new Rig(options, directory);
    for (const [name, text] of Object.entries(options.files)) await rig.write(name, text);
    rig.agent.start();
    return rig;
  }

  private constructor(options: RigOptions, directory: string) {
    const { probes, mode = 'ipvs', neighbours = [] } = options;
    this.#directory = directory;
    this.neighbours.found = neighbours;
    const config = options.config ?? configOf(options);
    const usable = usableRanges(config.ranges, ADDRESSES);
    this.probe = new FakeProbe(mode === 'ipvs' ? this.kernel : undefined, firstAddresses(usable.usable));
    if (probes !== undefined) this.probe.allowed = probes;
    const write = (line: string): void => void this.lines.push(JSON.parse(line) as LogLine);
    const log = pino({ level: 'debug', base: null, timestamp: false }, { write });
    this.speaker = createSpeaker({ target: config.bgp.gobgp, log, onChange: () => this.agent.bgpChanged() });
    this.routes = options.routes ?? [];
    const source = options.source ?? createManifestSource({ directory, node: config.node, log, debounceMs: 5 });
    this.peers = new NodePeers({
      config,
      routes: () => this.routes,
      labels: () => source.snapshot().labels,
      file: options.nodeFile ?? join(directory, '.node.json'),
      log,
      lookEveryMs: 20,
    });
    this.agent = new Agent({
      config,
      version: '0.1.0',
      ranges: { ...usable, ...(options.auto && { outdated: options.auto.outdated }) },
      source,
      neighbours: this.neighbours,
      kernel: mode === 'ipvs' ? this.kernel : undefined,
      probe: this.probe,
      checks: ownChecks(config),
      speaker: this.speaker,
      presence: options.presence ?? this.presence,
      bulletin: options.bulletin ?? noBulletin,
      fence: this.fence,
      drainFile: options.drainFile ?? join(directory, '.drain.json'),
      log,
      unwatched: () => undefined,
      staleConfig: options.problems ?? (() => []),
      startedAt: Date.now(),
      needsRestart: options.needsRestart ?? (() => []),
      legacy: options.legacy,
      tally: options.tally ?? new Tally(),
      now: Date.now,
      peers: this.peers,
      nextHopIPv6: () => this.nextHopIPv6,
      linkSpeed: () => this.linkSpeed,
    });
  }

  get status(): Status {
    return this.agent.status();
  }

  /** `announced`, or the reason of the withdrawal. */
  get phase(): string {
    const { announcement } = this.status;
    return announcement.state === 'announced' ? 'announced' : announcement.reason;
  }

  /** What the agent decided, in order, as the log has it. */
  get decisions(): string[] {
    return this.lines
      .filter(({ event }) => ['announced', 'deprioritised', 'withdrawn', 'held-down'].includes(String(event)))
      .map(({ event, reason }) => String(reason ?? event));
  }

  get conditions(): string[] {
    return this.status.conditions.map(({ code }) => code);
  }

  async metrics(): Promise<string> {
    const reader = new ProcessReader();
    const reading = await reader.read();
    reader.close();
    return renderMetrics(this.status, reading);
  }

  reaches(phase: string): Promise<void> {
    return eventually(() => {
      if (this.phase !== phase) throw new Error(`expected ${phase}, found ${JSON.stringify(this.status.announcement)}`);
    });
  }

  write(name: string, text: string): Promise<void> {
    return writeFile(join(this.#directory, name), text);
  }

  delete(name: string): Promise<void> {
    return unlink(join(this.#directory, name));
  }

  stop(): Promise<unknown> {
    this.probe.allowed = Number.POSITIVE_INFINITY;
    this.#stopping ??= this.agent.stop();
    return this.#stopping;
  }

  /** Ends the agent and leaves everything to the next one. */
  handOver(): Promise<unknown> {
    this.#stopping ??= this.agent.handOver();
    return this.#stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
    await rm(this.#directory, { recursive: true });
  }
}

/** The peers of a configuration that says all there is to know of them. */
export const peersIn = (config: Config): readonly Peer[] =>
  peersOf(config.bgp, {
    node: config.node,
    labels: undefined,
    gateways: new Map(),
    passwords: new Map(),
    ...peerScope(config),
  }).peers;

const ADDRESSES: readonly NodeAddress[] = [
  { interface: 'lo', cidr: '127.0.0.1/8' },
  { interface: 'eth0', cidr: `${NODE}/24` },
  { interface: 'cni0', cidr: '10.1.0.1/24' },
];

const ONE_PEER = '[{ address: 10.22.108.1, as: 64500 }]';

function configOf({ auto, ranges = [RANGE], checks = '[]', mode = 'ipvs', ...options }: RigOptions): Config {
  const { announcement = '', bgp = '', dataplane = '', minimumAnnouncers = 0, peers = ONE_PEER, target } = options;
  const { maxDraining = 0, node = 'lb-1' } = options;
  const { config, problems } = parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { manifests: { directory: /nonexistent } }
ranges: [${ranges.join(', ')}]
dataplane: { mode: ${mode}, auditInterval: 10ms, ${dataplane} }
health: { interval: 10ms, timeout: 10ms, rise: 3, fall: 3, splay: 0s, checks: ${checks} }
announcement: { minimumAnnouncers: ${minimumAnnouncers}, holdDown: ${HOLD_DOWN_MS}ms, maxHoldDown: ${HOLD_DOWN_MS}ms, stopWait: 0s, communities: ['64512:100'], drain: { settle: ${SETTLE_MS}ms, timeout: 2m }, ${announcement} }
bgp:
  gobgp: ${target}
  localAs: 64512
  routerId: ${NODE}
  listenPort: -1
  peers: ${peers}
  ${bgp}
`,
    node,
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  const found = auto && { ranges: auto.ranges, rangesFrom: 'service-cidrs' as const };
  // The presence of a test knows others, which a directory of manifests does not.
  const drain = { ...config.announcement.drain, maxDraining };
  return { ...config, ...found, announcement: { ...config.announcement, drain } };
}

export const eventually = <T>(check: () => T | Promise<T>, timeout = 20_000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 5 });

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
