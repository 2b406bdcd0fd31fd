import { posix } from 'node:path';
import { LabError } from './error.ts';
import { imageCommand } from './images.ts';
import type { Bind, Link, LinkEnd, Topology, TopologyNode } from './topology.ts';

/** What to do in a lab machine to make a topology real. */
export interface Plan {
  /** Lines for `ip -batch`: the network namespaces and all that lies between them. */
  readonly network: readonly string[];
  readonly nodes: readonly NodePlan[];
}

export interface NodePlan {
  readonly name: string;
  /** The network namespace the node lives in: its own, or that of the node it shares one with. */
  readonly namespace: string;
  /** What the node mounts for itself, as lines of an fstab, and the places for it in the machine's root. */
  readonly fstab: readonly string[];
  readonly folders: readonly string[];
  readonly files: readonly string[];
  /** Files below /proc/sys and their values. */
  readonly sysctls: readonly (readonly [file: string, value: string])[];
  /** In this order, once the network is there. */
  readonly steps: readonly Step[];
  /** The node's process; empty where it has none. */
  readonly command: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** Lines for `ip -batch` in the node's network namespace, or a command in the node. */
export type Step = { readonly ip: readonly string[] } | { readonly argv: readonly string[] };

export interface PlanOptions {
  /** The nodes wanted; without, all. A link to a node that is left out becomes an interface that leads nowhere. */
  readonly nodes: readonly string[] | undefined;
  /** The folder of the topology file, as an absolute path. */
  readonly folder: string;
  /** Whether the source of a bind is a folder; its absolute path is given. */
  readonly isFolder: (path: string) => boolean;
}

/**
 * Turns a topology into what has to be done.
 * @throws {LabError} naming the node for whatever the lab has no way to do
 */
export function planLab(topology: Topology, options: PlanOptions): Plan {
  const chosen = choose(topology.nodes, options.nodes);
  const there = new Set(chosen.map(({ name }) => name));
  const owners = chosen.filter(({ networkOf }) => networkOf === undefined);
  const links = topology.links.filter(({ ends }) => ends.some(({ node }) => there.has(node)));
  return {
    network: [
      ...owners.map(({ name }) => `netns add ${name}`),
      ...topology.bridges
        .filter(({ node }) => there.has(node))
        .map(({ name, node }) => `link add name ${name} netns ${node} type bridge`),
      ...links.map((link) => linkLine(link, there)),
    ],
    nodes: chosen.map((node) => nodePlan(node, topology, links, options)),
  };
}

function choose(nodes: readonly TopologyNode[], wanted: readonly string[] | undefined): readonly TopologyNode[] {
  if (wanted === undefined) return nodes;
  const unknown = wanted.filter((name) => !nodes.some((node) => node.name === name));
  if (unknown.length > 0) {
    throw new LabError(
      `there is no node ${unknown.join(', ')}; the topology has ${nodes.map(({ name }) => name).join(', ')}`,
    );
  }
  const chosen = nodes.filter(({ name }) => wanted.includes(name));
  const orphan = chosen.find(({ networkOf }) => networkOf !== undefined && !wanted.includes(networkOf));
  if (orphan)
    throw new LabError(
      `node ${orphan.name} shares the network of ${orphan.networkOf}, which is not among the nodes wanted`,
    );
  return chosen;
}

function linkLine({ ends: [a, b] }: Link, there: ReadonlySet<string>): string {
  if (there.has(a.node) && there.has(b.node)) return `link add ${device(a)} type veth peer ${device(b)}`;
  return `link add ${device(there.has(a.node) ? a : b)} type dummy`;
}

const device = (end: LinkEnd): string => `name ${end.interface} netns ${end.node}`;

function nodePlan(node: TopologyNode, topology: Topology, links: readonly Link[], options: PlanOptions): NodePlan {
  const command = imageCommand(node.image, node.command);
  if (command === undefined)
    throw new LabError(`node ${node.name}: the lab has no stand-in for the image ${node.image}`);
  return {
    name: node.name,
    namespace: node.networkOf ?? node.name,
    ...mounts(node, options),
    sysctls: Object.entries(node.sysctls).map(([key, value]) => [`/proc/sys/${key.replaceAll('.', '/')}`, value]),
    steps: mergeSteps([
      ...(node.networkOf === undefined ? [interfaces(node.name, topology, links)] : []),
      ...node.exec.map(asStep),
    ]),
    command,
    env: node.env,
  };
}

function mounts(node: TopologyNode, { folder, isFolder }: PlanOptions): Pick<NodePlan, 'fstab' | 'folders' | 'files'> {
  const binds = node.binds.map((bind) => ({ ...bind, source: posix.join(folder, bind.source) }));
  const inRoot = binds.filter(({ target }) => !target.startsWith('/run/'));
  // Every node has a /run of its own; what is mounted in there finds its place only then, and mount(8) makes folders.
  const misplaced = binds.find((bind) => !inRoot.includes(bind) && !isFolder(bind.source));
  if (misplaced)
    throw new LabError(`node ${node.name}, binds: expected a folder at ${misplaced.target}, since it is below /run`);
  return {
    fstab: [`${node.name} /run tmpfs mode=755`, ...binds.map(bindLine)],
    folders: inRoot.filter(({ source }) => isFolder(source)).map(({ target }) => target),
    files: inRoot.filter(({ source }) => !isFolder(source)).map(({ target }) => target),
  };
}

const bindLine = ({ source, target }: Bind): string =>
  `${source} ${target} none bind${target.startsWith('/run/') ? ',X-mount.mkdir' : ''}`;

/** Everything of a network namespace that is up from the start, and the ports of its bridges. */
function interfaces(node: string, topology: Topology, links: readonly Link[]): Step {
  const ends = links.flatMap((link) => link.ends).filter((end) => end.node === node);
  const bridges = topology.bridges.filter((bridge) => bridge.node === node);
  return {
    ip: [
      'link set lo up',
      ...bridges.map(({ name }) => `link set ${name} up`),
      ...ends.map((end) => `link set ${end.interface}${end.bridge === undefined ? '' : ` master ${end.bridge}`} up`),
    ],
  };
}

/** `ip` can do many things in one process, which counts where starting one is slow. */
const asStep = (argv: readonly string[]): Step =>
  argv[0] === 'ip' && argv.every((word) => /^[^\s'"\\]+$/.test(word)) ? { ip: [argv.slice(1).join(' ')] } : { argv };

function mergeSteps(steps: readonly Step[]): Step[] {
  const merged: Step[] = [];
  for (const step of steps) {
    const last = merged.at(-1);
    if (last && 'ip' in last && 'ip' in step) merged[merged.length - 1] = { ip: [...last.ip, ...step.ip] };
    else merged.push(step);
  }
  return merged;
}
