import { mkdtempSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { Agent } from '../../../src/agent/agent.ts';
import { Tally } from '../../../src/agent/tally.ts';
import type { Probe } from '../../../src/agent/parts.ts';
import { connectGobgp } from '../../../src/bgp/connect.ts';
import { noBulletin } from '../../../src/cluster/node-bulletin.ts';
import type { Config } from '../../../src/config/config.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import type { Outcome } from '../../../src/health/check.ts';
import type { AnnouncementState } from '../../../src/model/status.ts';
import { createManifestSource } from '../../../src/source/manifests.ts';
import { FakeFence, FakeKernel, FakeNeighbours, FakePresence } from '../../scenario/agent-kernel.ts';
import { peersIn } from '../../scenario/agent-rig.ts';
import { type Contender, timed, type TimedApi } from './contenders.ts';
import { NODE, PEERS, RANGE } from './stage.ts';

/** What an agent does where its probe fails, as the others let it: see `announcement.minimumAnnouncers`. */
const MINIMUM = { deprioritised: 1, withdrawn: 0 } as const;
export type Lesser = keyof typeof MINIMUM;

/** Gives the outcomes it is told to, one by one. */
class ToldProbe implements Probe {
  readonly canaries = [];
  #asked = Promise.withResolvers<void>();
  #answer = Promise.withResolvers<Outcome | undefined>();
  #closed = false;

  run(): Promise<Outcome | undefined> {
    this.#answer = Promise.withResolvers();
    if (this.#closed) this.#answer.resolve(undefined);
    this.#asked.resolve();
    return this.#answer.promise;
  }

  /** Hands one outcome to the agent; resolves with the time of that once it has decided and asks for the next. */
  async give(ok: boolean): Promise<number> {
    await this.#asked.promise;
    this.#asked = Promise.withResolvers();
    const at = performance.now();
    this.#answer.resolve({ ok, detail: ok ? 'connected' : 'timed out' });
    await this.#asked.promise;
    return at;
  }

  close(): void {
    this.#closed = true;
    this.#answer.resolve(undefined);
  }
}

/** The whole agent with a kernel that obeys and a probe that is told, over the real API of a gobgpd. */
export class Node {
  readonly api: TimedApi;
  readonly #agent: Agent;
  readonly #probe = new ToldProbe();
  readonly #folder = mkdtempSync(join(tmpdir(), 'fairlead-bench-'));

  constructor(target: string, contender: Contender, lesser: Lesser) {
    const config = configOf(target, MINIMUM[lesser]);
    const peers = peersIn(config);
    // Written, and thrown away: that the agent logs is part of the time it takes.
    const log = pino({ base: null }, { write: () => undefined });
    this.api = timed(connectGobgp({ target }));
    this.#agent = new Agent({
      config,
      version: 'bench',
      ranges: { usable: config.ranges, overlaps: [], nodeAddresses: new Set() },
      source: createManifestSource({ directory: this.#folder, node: config.node, log, debounceMs: 5 }),
      neighbours: new FakeNeighbours(),
      kernel: new FakeKernel(),
      probe: this.#probe,
      checks: [],
      presence: new FakePresence(),
      bulletin: noBulletin,
      fence: new FakeFence(),
      unwatched: () => undefined,
      staleConfig: () => [],
      startedAt: Date.now(),
      needsRestart: () => [],
      legacy: undefined,
      tally: new Tally(),
      speaker: contender(target, this.api, () => this.#agent.bgpChanged()),
      drainFile: join(this.#folder, '.drain.json'),
      log,
      now: Date.now,
      peers: {
        resolved: { peers, problems: [], pending: [] },
        labels: undefined,
        follow: () => undefined,
        look: () => undefined,
        stop: async () => undefined,
      },
      nextHopIPv6: () => undefined,
      linkSpeed: () => ({ interface: undefined, megabitsPerSecond: undefined }),
    });
    // A source that says nothing at all is no cluster.
    writeFileSync(join(this.#folder, 'services.yaml'), SERVICE);
    this.#agent.start();
  }

  /** Gives outcomes until the agent has come to `state`; resolves with the time of the one that did it. */
  async reach(state: AnnouncementState): Promise<number> {
    for (;;) {
      const at = await this.#probe.give(state === 'announced');
      if (this.#agent.status().announcement.state === state) return at;
    }
  }

  async stop(): Promise<void> {
    const stopped = this.#agent.stop();
    this.#probe.close();
    await stopped;
    await rm(this.#folder, { recursive: true });
  }
}

const SERVICE = `apiVersion: v1
kind: Service
metadata: { name: web }
spec: { clusterIP: 10.99.66.10, ports: [{ port: 80 }] }
`;

/** One outcome is enough for a decision, and nothing is held down: what is measured is one decision, not its damping. */
function configOf(target: string, minimumAnnouncers: number): Config {
  const { config, problems } = parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { manifests: { directory: /nonexistent } }
ranges: [${RANGE}]
health: { interval: 10ms, timeout: 10ms, rise: 1, fall: 1 }
announcement: { minimumAnnouncers: ${minimumAnnouncers}, holdDown: 0s, maxHoldDown: 0s, stopWait: 0s }
bgp: { gobgp: '${target}', localAs: ${NODE.as}, routerId: ${NODE.address}, peers: [{ address: ${PEERS[0]?.address}, as: ${PEERS[0]?.as}, holdTime: 90s }] }
`,
    'lb-1',
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}
