import { peersOf, type ResolvedPeers } from '../agent/peers.ts';
import { NODE_FILE, readNodeFile } from '../agent/node-file.ts';
import { gatewaysStep } from '../agent/gateways.ts';
import { Passwords } from '../agent/passwords.ts';
import { peerScope } from '../agent/peers.ts';
import { familiesOf } from '../agent/ranges.ts';
import type { Config } from '../config/config.ts';
import { wantedSysctls } from '../dataplane/sysctl/want.ts';
import { apiFacts } from './api-facts.ts';
import { apiFindings } from './api-server.ts';
import { conntrackFacts } from './conntrack-facts.ts';
import { conntrackFindings } from './conntrack.ts';
import { type Finding, isUnknown, ok, type Unknown, unseen } from './finding.ts';
import { firewallGroup } from './firewall-facts.ts';
import { gobgpdFacts } from './gobgpd-facts.ts';
import { gobgpdFindings } from './gobgpd.ts';
import type { Group, Subject } from './group.ts';
import { kernelClockGroup } from './kernel-clock-facts.ts';
import { leftoverGroup, neighbourGroup } from './leftover-facts.ts';
import { orProblem, problemOf } from './look.ts';
import { moduleFacts } from './module-facts.ts';
import { moduleFindings, wantedModules } from './modules.ts';
import { mtuGroup } from './mtu-facts.ts';
import { readNetwork, wayTo } from './network-facts.ts';
import { defaultRoutesIn, type Network } from './network.ts';
import { peerGroup } from './peer-facts.ts';
import { programFacts } from './program-facts.ts';
import { programFindings } from './program.ts';
import { rangeGroup } from './range-facts.ts';
import { settingFacts, uplinksOf } from './settings-facts.ts';
import { reversePathFinding, settingFindings } from './settings.ts';
import { isListening } from './sockets-facts.ts';

const thisProgram: Group = async () => programFindings(await programFacts());

const modules: Group = async ({ config }) => {
  const wanted = wantedModules(config.dataplane);
  return moduleFindings(wanted, moduleFacts(wanted.keys()));
};

const settings: Group = async ({ config, network: reading, peers, ranges }) => {
  if (config.dataplane.mode === 'none') return [];
  const network = await reading;
  const wanted = wantedSysctls(familiesOf([...(await ranges), ...config.dataplane.externalIPs]));
  const own = settingFindings(wanted, settingFacts(wanted, isUnknown(network) ? undefined : network));
  if (isUnknown(network)) return own;
  const uplinks = [...(await peers).ways.values()].flatMap((way) => way?.interface ?? []);
  return [...own, ...uplinksOf(uplinks, network).map(reversePathFinding)];
};

const conntrack: Group = async () => conntrackFindings(conntrackFacts());

const gobgpd: Group = async (subject) => {
  const [{ peers }, facts, agent] = await Promise.all([subject.peers, subject.gobgpd, subject.agent]);
  return gobgpdFindings(subject.config.bgp, peers, facts, { agent });
};

const apiServer: Group = async ({ api, config: { source } }) => {
  if (api !== undefined) return apiFindings(await api);
  if (source.kind === 'kubernetes') return [];
  return [ok('api address', `no API server is asked: manifests in ${source.directory}`)];
};

/** In the order in which a person would look: what the first ones say explains the later ones. */
const GROUPS: ReadonlyMap<string, Group> = new Map([
  ['this program', thisProgram],
  ['kernel modules', modules],
  ['kernel settings', settings],
  ['firewall', firewallGroup],
  ['conntrack', conntrack],
  ['other proxies', neighbourGroup],
  ['ranges', rangeGroup],
  ['leftovers', leftoverGroup],
  ['gobgpd', gobgpd],
  ['peers', peerGroup],
  ['MTU', mtuGroup],
  ['kernel clock', kernelClockGroup],
  ['API server', apiServer],
]);

/** Each question has a shorter time of its own; on a machine that is starved, starting a program takes seconds. */
const LIMIT_MS = 20_000;

/** Everything that can be told of this node before an agent with this configuration runs on it, or beside one that does. */
export async function examine(config: Config, limitMs = LIMIT_MS): Promise<Finding[]> {
  const subject = subjectOf(config);
  const found = await Promise.all([...GROUPS].map(([name, group]) => within(limitMs, name, group(subject))));
  return found.flat();
}

const REMEDY = 'run it as root on the node, or in the container of the agent, where its programs are';

/** A group that cannot look, or never comes to an end, says so: nothing of it is an error of the node. */
async function within(limitMs: number, name: string, looking: Promise<Finding[]>): Promise<Finding[]> {
  const { promise: over, resolve } = Promise.withResolvers<Unknown>();
  const timer = setTimeout(() => resolve({ problem: `no end within ${limitMs / 1000} s` }), limitMs);
  try {
    const found = await Promise.race([looking, over]);
    return isUnknown(found) ? [unseen(name, found, REMEDY)] : found;
  } catch (problem) {
    return [unseen(name, { problem: problemOf(problem) }, REMEDY)];
  } finally {
    clearTimeout(timer);
  }
}

function subjectOf(config: Config): Subject {
  const { source } = config;
  const api = source.kind === 'kubernetes' ? apiFacts(config, source.kubeconfig) : undefined;
  const network = orProblem(readNetwork());
  const resolved = network.then((found) => resolvedPeers(config, found));
  const peers = resolved.then(async (found) => ({ ...found, ways: await waysTo(found) }));
  return {
    config,
    api,
    network,
    ranges:
      config.rangesFrom === 'configuration' || api === undefined
        ? Promise.resolve(config.ranges)
        : api.then(({ serviceCidrs }) => serviceCidrs ?? []),
    peers,
    gobgpd: resolved.then((found) => gobgpdFacts(config, found.peers)),
    agent: Promise.resolve(isListening(AGENT)),
  };
}

/** The lock of `fairlead run` (src/agent/lock.ts), as /proc/net/unix writes it. */
const AGENT = '@fairlead';

/** The peers of this node as the agent would have them; the labels of the Node as an agent has last seen them. */
function resolvedPeers(config: Config, network: Network | Unknown): ResolvedPeers {
  const passwords = new Passwords(config.bgp.peers.flatMap(({ passwordFile }) => passwordFile ?? []));
  passwords.look();
  const { gateways: before, labels } = readNodeFile(NODE_FILE, { warn: () => undefined });
  const routes = isUnknown(network) ? [] : defaultRoutesIn(network.routes);
  const places = config.bgp.peers.map(({ place }) => place);
  const gateways = gatewaysStep(before, places, routes);
  const known = { node: config.node, labels, passwords: passwords.known, gateways };
  return peersOf(config.bgp, { ...peerScope(config), ...known });
}

const waysTo = async ({ peers }: ResolvedPeers) =>
  new Map(await Promise.all(peers.map(async ({ address }) => [address, await wayTo(address)] as const)));
