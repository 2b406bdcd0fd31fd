import type { Neighbour } from '../dataplane/neighbours/plan.ts';
import { formatNeighbour } from '../dataplane/neighbours/plan.ts';
import type { Config } from '../config/config.ts';
import { error, type Finding, ok, warning } from './finding.ts';

/** A virtual server of the kernel, inside of what is ours. */
export interface HeldServer {
  /** As `10.99.66.10:80` */
  readonly endpoint: string;
  readonly protocol: 'tcp' | 'udp' | 'sctp';
}

export interface LeftoverFacts {
  /** Whether an agent runs: then what is in the kernel is its own affair. */
  readonly agent: boolean;
  /** Virtual servers inside of our ranges; undefined where the kernel has no IPVS. */
  readonly servers: readonly HeldServer[] | undefined;
  /** What bears the mark of fairlead in the kernel, in words. */
  readonly ours: readonly string[];
  /** Names of ipsets and tables that belong to other proxies. */
  readonly foreign: readonly string[];
}

/** Names that other proxies give to what they put into the kernel, with what takes it out again. */
export const FOREIGN: ReadonlyArray<readonly [RegExp, string]> = [
  [/^KUBE-ROUTER|^kube-router/, '`kube-router --cleanup-config` with its image'],
  [/^KUBE-|^kube-proxy$/, '`kube-proxy --cleanup` with its image'],
];

export const leftoverFindings = (facts: LeftoverFacts): Finding[] => [
  ...serverFindings(facts),
  ...ownFindings(facts),
  ...FOREIGN.flatMap(([names, remedy], index) => {
    const found = facts.foreign.filter((name) => FOREIGN.findIndex(([other]) => other.test(name)) === index);
    if (found.length === 0) return [];
    const some = found.slice(0, MOST).join(', ');
    return [
      warning(
        'leftovers',
        `${some}${found.length > MOST ? `, ${found.length - MOST} more` : ''}: what another proxy has left, or keeps (${names.source})`,
        remedy,
      ),
    ];
  }),
];

const MOST = 4;

const FLAG = { tcp: '-t', udp: '-u', sctp: '--sctp-service' } as const;

/** Without an agent, and without a trace of an earlier one, whoever made a virtual server in a range is another. */
function serverFindings({ agent, ours, servers }: LeftoverFacts): Finding[] {
  if (agent || servers === undefined) return [];
  if (servers.length === 0) return [ok('virtual servers', 'none in the ranges yet')];
  if (ours.length > 0)
    return [ok('virtual servers', `${servers.length} of an earlier agent: the next one takes them over`)];
  const commands = servers.slice(0, MOST).map(({ endpoint, protocol }) => `ipvsadm -D ${FLAG[protocol]} ${endpoint}`);
  const found = `${servers.length} in the ranges that no fairlead made: the agent takes them over, and deletes what no Service asks for`;
  return [warning('virtual servers', found, `end what made them, then \`${commands.join('; ')}\``)];
}

function ownFindings({ agent, ours }: LeftoverFacts): Finding[] {
  if (agent || ours.length === 0) return [];
  const found = `${ours.join(', ')} of an earlier agent, and none runs: this node still answers for the ranges`;
  return [
    warning(
      'leftovers',
      found,
      'start the agent, which takes them over; or `fairlead cleanup` where this is no lb node any more',
    ),
  ];
}

const ENDING = 'keep it off this node (a nodeAffinity of its DaemonSet: role NotIn [lb]), then take out what it left';
const REMEDIES: ReadonlyMap<string, string> = new Map([
  ['kube-router', `${ENDING}: \`kube-router --cleanup-config\`, \`ip link del kube-dummy-if\``],
  ['kube-proxy (ipvs)', `${ENDING}: \`kube-proxy --cleanup\`, or \`ip link del kube-ipvs0\``],
]);

/** Programs that serve Services of ours by themselves, and those that are about to. */
export function neighbourFindings(
  mode: Config['dataplane']['mode'],
  neighbours: readonly Neighbour[],
  processes: readonly { readonly name: string; readonly pid: number }[],
): Finding[] {
  const seen = neighbours.map((one) => neighbourFinding(mode, one));
  if (mode === 'none') return seen.length > 0 ? seen : [nobodyServes(processes)];
  const running = processes.map(({ name, pid }) =>
    warning('neighbour', `${name} runs on this node, process ${pid}: it may take over what the agent serves`, ENDING),
  );
  if (seen.length > 0) return seen;
  return running.length > 0 ? running : [ok('neighbour', 'no other program serves Services here')];
}

function neighbourFinding(mode: Config['dataplane']['mode'], neighbour: Neighbour): Finding {
  const found = formatNeighbour(neighbour);
  if (mode === 'none') return ok('neighbour', `${found}: the agent announces on top of it`);
  const remedy = REMEDIES.get(neighbour.name) ?? `${ENDING}: \`kube-proxy --cleanup\``;
  return error(
    'neighbour',
    `${found}: it serves Services of ours, and the agent touches nothing`,
    `${remedy}; or set \`dataplane.mode: none\` to announce on top of it`,
  );
}

const nobodyServes = (processes: readonly { readonly name: string }[]): Finding =>
  processes.length > 0
    ? ok('neighbour', `${processes.map(({ name }) => name).join(', ')}: the agent announces on top of it`)
    : warning(
        'neighbour',
        'dataplane.mode is none, and no program is seen that serves Services',
        'run kube-proxy or the like on this node, or take `dataplane.mode` out',
      );

/** Programs whose work is that of the agent. */
export const PROXIES: ReadonlySet<string> = new Set(['kube-proxy', 'kube-router', 'keepalived']);
