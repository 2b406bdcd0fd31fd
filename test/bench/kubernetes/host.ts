import { copyFileSync, mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { cpus, release, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Authority } from '../../unit/bgp/certificates.ts';
import { liveInLab } from './agent/measure.ts';
import { bundleClients, shippedOptions } from './bundle.ts';
import type { Size } from './objects.ts';
import { play, type Series, type Start } from './play.ts';
import { obstacleToCluster } from '../../cluster/programs.ts';
import { Answerer } from './process.ts';
import { RealServer } from './real.ts';
import {
  agentBounds,
  agentReport,
  type AgentReport,
  type Bound,
  type ClientName,
  EVENTS_PER_SECOND,
  CLIENTS,
  type Raw,
  type Round,
  sourceBounds,
  type SourceReport,
  sourceReport,
} from './report.ts';
export { renderKubernetes } from './render.ts';

const SIZE: Size = { services: 10_000, endpointsEach: 10 };
const SMALL: Size = { services: 200, endpointsEach: 10 };
const SERIES: Series = { burst: 10_000, perSecond: EVENTS_PER_SECOND };
const ROUNDS = 3;
/** etcd writes every event, on the same machine. */
const REAL: Size = { services: 2000, endpointsEach: 10 };
const REAL_SERIES: Series = { burst: 1000, perSecond: 50 };
const REAL_ROUNDS = 2;

type Tell = (text: string) => void;

/** What `--json` writes. */
export interface KubernetesReport extends SourceReport {
  /** The whole agent in a lab machine, with as many Services, and with 200. */
  readonly agent: AgentReport;
  readonly smallAgent: AgentReport;
  /** Over a real API server and etcd, with 2,000 Services; undefined where there is none. */
  readonly real: SourceReport | undefined;
  readonly machine: {
    readonly processor: string;
    readonly processors: number;
    readonly kernel: string;
    readonly node: string;
  };
  readonly bounds: readonly Bound[];
}

/** Measures on this machine. Rejects where a client does not come to know what it was told. */
export async function benchKubernetes(tell: Tell): Promise<KubernetesReport> {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));
  try {
    const clients = await startsOf(folder);
    const report = sourceReport(await playAll(SIZE, folder, clients, tell));
    const real = await playReal(folder, clients, tell);
    const agent = agentReport(await liveInLab(SIZE, folder, tell));
    const smallAgent = agentReport(await liveInLab(SMALL, folder, tell));
    const bounds = [...sourceBounds(report), ...agentBounds(agent, smallAgent)];
    return { machine: machine(), bounds, ...report, real, agent, smallAgent };
  } finally {
    await rm(folder, { recursive: true });
  }
}

type Starts = Readonly<Record<ClientName, Start>>;

/** The informers run as people run them: unbundled, and with Node's own defaults. */
async function startsOf(folder: string): Promise<Starts> {
  const bundles = await bundleClients(['source', 'agent']);
  const kubeconfig = join(folder, 'kubeconfig');
  const bundled = (name: string): Start => ({ options: shippedOptions(), argv: [bundles.get(name) ?? '', kubeconfig] });
  const informer = { options: [], argv: [join(import.meta.dirname, 'client/informer.ts'), kubeconfig] };
  return { source: bundled('source'), informer, agent: bundled('agent') };
}

async function playAll(size: Size, folder: string, clients: Starts, tell: Tell): Promise<Raw> {
  const server = startServer(size, folder);
  try {
    writeFileSync(join(folder, 'kubeconfig'), kubeconfig(await server.ready, join(folder, 'bench.pem')));
    const playOne = (name: ClientName): Promise<Round> => play(clients[name], server, SERIES);
    return { ...size, rounds: await inTurns(ROUNDS, playOne, tell) };
  } finally {
    await server.end();
  }
}

/** Undefined where no real API server can run, which is said. */
async function playReal(folder: string, clients: Starts, tell: Tell): Promise<SourceReport | undefined> {
  const obstacle = obstacleToCluster();
  if (obstacle !== undefined) {
    tell(obstacle);
    return undefined;
  }
  tell(`filling a real API server with ${REAL.services} Services`);
  await using server = await RealServer.start(REAL);
  copyFileSync(server.kubeconfig, join(folder, 'kubeconfig'));
  const playOne = (name: ClientName): Promise<Round> => play(clients[name], server, REAL_SERIES);
  return sourceReport({ ...REAL, rounds: await inTurns(REAL_ROUNDS, playOne, (text) => tell(`real: ${text}`)) });
}

/** In turn, so that none always has the machine when it is slow. */
async function inTurns(
  count: number,
  playOne: (name: ClientName) => Promise<Round>,
  tell: Tell,
): Promise<Raw['rounds']> {
  const rounds: Record<ClientName, Round[]> = { source: [], informer: [], agent: [] };
  for (let round = 0; round < count; round++) {
    for (const name of round % 2 === 0 ? CLIENTS : CLIENTS.toReversed()) {
      tell(`${name}, ${round + 1} of ${count}`);
      rounds[name].push(await playOne(name));
    }
  }
  return rounds;
}

function startServer({ endpointsEach, services }: Size, folder: string): Answerer {
  const { cert, key } = new Authority(folder, 'bench').issue('api', 'IP:127.0.0.1');
  const script = join(import.meta.dirname, 'server/main.ts');
  return new Answerer([script, String(services), String(endpointsEach), '127.0.0.1', '0', cert, key]);
}

const kubeconfig = (port: string, ca: string): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'bench',
    clusters: [{ name: 'bench', cluster: { server: `https://127.0.0.1:${port}`, 'certificate-authority': ca } }],
    users: [{ name: 'bench', user: { token: 'secret' } }],
    contexts: [{ name: 'bench', context: { cluster: 'bench', user: 'bench' } }],
  });

const machine = (): KubernetesReport['machine'] => ({
  processor: cpus()[0]?.model ?? 'unknown',
  processors: cpus().length,
  kernel: release(),
  node: process.version,
});
