import { networkInterfaces } from 'node:os';
import type { Logger } from 'pino';
import { createSpeaker } from '../bgp/gobgp-speaker.ts';
import type { Speaker } from '../bgp/speaker.ts';
import type { Config } from '../config/config.ts';
import { Dataplane } from '../dataplane/dataplane.ts';
import { PathProbe } from '../health/probe.ts';
import { serveHttp, STUCK_AFTER_MS } from '../http/server.ts';
import { createSource } from '../source/create.ts';
import { Agent, type AgentParts } from './agent.ts';
import { findNextHop } from './next-hop.ts';
import { familiesOf, firstAddresses, type NodeAddress, ownSource, usableRanges } from './ranges.ts';

/** A running agent with its HTTP endpoints. */
export interface RunningAgent {
  /** Withdraws, waits for the peers, and ends everything; the kernel stays as it is. */
  stop(): Promise<void>;
}

/** Builds an agent from its real parts and starts it. Rejects where the kernel or the HTTP addresses are not to be had. */
export async function startAgent(config: Config, version: string, log: Logger): Promise<RunningAgent> {
  const agent = await assemble(config, version, log);
  const stuck = (): string | undefined =>
    agent.idleMs > STUCK_AFTER_MS ? `the loop has not come round for ${agent.idleMs} ms` : undefined;
  const closeHttp = await serveHttp({ status: () => agent.status(), stuck }, config.http.socket, config.http.address);
  agent.start();
  return {
    stop: async () => {
      await agent.stop();
      closeHttp();
    },
  };
}

async function assemble(config: Config, version: string, log: Logger): Promise<Agent> {
  const addresses = nodeAddresses();
  const ranges = usableRanges(config.ranges, addresses);
  const source = ownSource(config.bgp.routerId, addresses);
  const kernel = await Dataplane.open({ ranges: ranges.usable, firewall: config.dataplane.firewall, source });
  const { health, dataplane } = config;
  const hasIPv6 = familiesOf(ranges.usable).includes('ipv6');
  const probe = await PathProbe.withCanary(
    firstAddresses(ranges.usable),
    dataplane.scheduling.scheduler,
    health.timeoutMs,
  );
  log.info({ event: 'agent-started', version, ranges: ranges.usable, firewall: kernel.firewall });
  const parts = {
    config,
    version,
    ranges,
    kernel,
    probe,
    log,
    now: Date.now,
    nextHopIPv6: () => (hasIPv6 ? findNextHop(config.bgp, ranges.usable, nodeAddresses()) : undefined),
    source: createSource(config.source, config.node, log),
  };
  return connect(parts, log);
}

/** The speaker tells the agent of changes, and the agent tells the speaker what to announce: one has to come first. */
function connect(parts: Omit<AgentParts, 'speaker'>, log: Logger): Agent {
  const target = parts.config.bgp.gobgp;
  const speaker: Speaker = createSpeaker({ target, log, onChange: () => agent.bgpChanged() });
  const agent = new Agent({ ...parts, speaker });
  return agent;
}

const nodeAddresses = (): NodeAddress[] =>
  Object.entries(networkInterfaces()).flatMap(([name, list = []]) =>
    list.flatMap(({ cidr }) => (cidr === null ? [] : [{ interface: name, cidr }])),
  );
