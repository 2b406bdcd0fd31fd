/**
 * The agent from the API server to the netlink message: its source, its model, its passes and its IPVS code, over a
 * kernel that takes everything. Usage: agent.ts KUBECONFIG, bundled and started as the agent is.
 */
import { pino } from 'pino';
import { Agent } from '../../../../src/agent/agent.ts';
import { Tally } from '../../../../src/agent/tally.ts';
import type { Kernel } from '../../../../src/agent/parts.ts';
import { NEVER_SEEN, type Speaker } from '../../../../src/bgp/speaker.ts';
import { noBulletin } from '../../../../src/cluster/node-bulletin.ts';
import type { Config } from '../../../../src/config/config.ts';
import { parseConfig } from '../../../../src/config/parse.ts';
import type { PartOutcome } from '../../../../src/dataplane/dataplane.ts';
import { Ipvs } from '../../../../src/dataplane/ipvs/apply.ts';
import { NOTHING_TO_DO } from '../../../../src/dataplane/part.ts';
import { UNREAD } from '../../../../src/model/traffic.ts';
import { accessBy } from '../../../../src/source/api-access.ts';
import { createKubernetesSource } from '../../../../src/source/kubernetes.ts';
import { FakeFence, FakeNeighbours, FakePresence } from '../../../scenario/agent-kernel.ts';
import { indexOfAddress, NODE, RANGE, serviceKey } from '../objects.ts';
import { type Follower, serve } from './client.ts';
import { Recorder } from './recorder.ts';

const kubeconfig = process.argv[2] ?? '';
await accessBy(kubeconfig).request();

/** A gobgpd that does not answer. */
const speaker: Speaker = {
  set() {},
  state: () => NEVER_SEEN,
  reconcile: () => Promise.resolve(NEVER_SEEN),
  close: () => Promise.resolve(),
};

const agent: Follower = {
  async follow(onChange) {
    const { promise, resolve } = Promise.withResolvers<void>();
    let isSynced = false;
    const ipvs = new Ipvs([RANGE], {
      kernel: new Recorder((address) => isSynced && onChange(serviceKey(indexOfAddress(address)))),
    });
    const kernel: Kernel = {
      async ensure(virtualServers, changed): Promise<PartOutcome[]> {
        const report = await ipvs.ensure(virtualServers, changed);
        isSynced = true;
        resolve();
        return [
          { part: 'ipvs', ...report },
          { part: 'vip', ...NOTHING_TO_DO },
        ];
      },
      connections: () => Promise.resolve({ active: 0, opened: 0, received: 0 }),
      traffic: () => Promise.resolve(UNREAD),
      close() {},
    };
    assemble(kernel).start();
    await promise;
  },
};

function assemble(kernel: Kernel): Agent {
  const log = pino({ level: 'silent' });
  const config = configOf();
  return new Agent({
    config,
    version: 'bench',
    ranges: { usable: config.ranges, overlaps: [], nodeAddresses: new Set() },
    source: createKubernetesSource({ kubeconfig, lostAfterMs: 30_000, node: NODE, log }),
    neighbours: new FakeNeighbours(),
    kernel,
    probe: { canaries: [], run: () => Promise.resolve(undefined), close() {} },
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
    speaker,
    drainFile: '/nonexistent/drain.json',
    log,
    now: Date.now,
    peers: {
      resolved: { peers: [], problems: [], pending: [] },
      labels: undefined,
      follow: () => undefined,
      look: () => undefined,
      stop: async () => undefined,
    },
    nextHopIPv6: () => undefined,
    linkSpeed: () => ({ interface: undefined, megabitsPerSecond: undefined }),
  });
}

function configOf(): Config {
  const { config, problems } = parseConfig(
    `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { kubernetes: { kubeconfig: ${kubeconfig} } }
ranges: [${RANGE}]
bgp: { localAs: 64512, routerId: 10.22.108.100, peers: [{ address: 10.22.108.1, as: 64500 }] }
`,
    NODE,
  );
  if (config === undefined) throw new Error(JSON.stringify(problems));
  return config;
}

await serve(agent);
