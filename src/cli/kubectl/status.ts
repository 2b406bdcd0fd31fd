import type { Status } from '../../model/status.ts';
import { type Traffic, UNREAD } from '../../model/traffic.ts';
import type { ExitCode } from '../main.ts';
import { type NodeView, renderNodes } from '../render/all-nodes.ts';
import { renderStatus } from '../render/one-node.ts';
import type { Screen } from '../render/screen.ts';
import type { Ended, Kubectl } from './kubectl.ts';
import type { AgentPod } from './pods.ts';

export interface StatusOptions {
  readonly json?: true;
  readonly all?: true;
}

/** So many nodes are asked at a time. */
const AT_A_TIME = 8;

/**
 * `kubectl fairlead status`: asks each agent, or that of one node. Exit code 1 where one of them does not announce in full,
 * 3 where one does not answer. Rejects with `agent-unreachable` where there are no pods of agents to be listed.
 */
export async function status(
  kubectl: Kubectl,
  node: string | undefined,
  { json }: StatusOptions,
  screen: Screen,
): Promise<ExitCode> {
  const pods = (await kubectl.pods()).filter((one) => node === undefined || one.node === node);
  const views = await each(pods, (pod) => viewOf(kubectl, pod));
  process.stdout.write(json ? `${JSON.stringify(views)}\n` : textOf(screen, node, views));
  if (views.length === 0 || views.some(({ status: said }) => said === undefined)) return 3;
  return views.every(({ status: said }) => said?.announcement.state === 'announced') ? 0 : 1;
}

function textOf(screen: Screen, node: string | undefined, views: readonly NodeView[]): string {
  if (node === undefined) return renderNodes(screen, views);
  const [first] = views;
  if (first === undefined) return `no agent runs on ${node}\n`;
  if (first.status === undefined) return `${node}: ${first.problem}\n`;
  return renderStatus(screen, first.status, first.traffic ?? UNREAD);
}

async function viewOf(kubectl: Kubectl, { node, phase, pod }: AgentPod): Promise<NodeView> {
  if (phase !== 'Running') return { node, problem: `its pod is ${phase}` };
  const { problem, stdout } = await kubectl.exec(pod, ['fairlead', 'status', '--json']);
  // Exit code 1 is that of a node that does not announce, which says all the same.
  const said = parsed(stdout);
  if (said === undefined) return { node, problem: problem || 'its answer cannot be understood' };
  const { traffic, ...value } = said;
  return { node, status: value, traffic };
}

function parsed(text: string): (Status & { readonly traffic?: Traffic }) | undefined {
  try {
    const said = JSON.parse(text) as Status;
    return typeof said === 'object' && 'announcement' in said ? said : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Runs a command of the agent's container in each pod, and writes what it says below the name of the node. Exit code 1 where
 * one of them ends so, 3 where one does not answer. Rejects as `status` does.
 */
export async function inEach(kubectl: Kubectl, argv: readonly string[]): Promise<ExitCode> {
  const pods = await kubectl.pods();
  const ends = await each(pods, async (pod) => ({ node: pod.node, ...(await endIn(kubectl, pod, argv)) }));
  for (const { node, problem, stdout } of ends)
    process.stdout.write(`${node}\n${indented(stdout.trimEnd() || problem)}\n\n`);
  return worst(ends);
}

const endIn = async (kubectl: Kubectl, { phase, pod }: AgentPod, argv: readonly string[]): Promise<Ended> =>
  phase === 'Running'
    ? kubectl.exec(pod, ['fairlead', ...argv])
    : { code: undefined, stdout: '', problem: `its pod is ${phase}` };

const indented = (text: string): string => text.replaceAll(/^(?=.)/gm, '  ');

function worst(ends: readonly Ended[]): ExitCode {
  if (ends.some(isUnanswered)) return 3;
  return ends.some(({ code }) => code === 1) ? 1 : 0;
}

/** Exit code 1 is that of a command which found something, and says what, and that of a kubectl which cannot run it. */
const isUnanswered = ({ code, stdout }: Ended): boolean =>
  code === undefined || code > 1 || (code === 1 && stdout.trim() === '');

/** The results are in the order of the items. */
async function each<T, R>(items: readonly T[], work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let index = next++; index < items.length; index = next++) {
      const item = items[index];
      if (item !== undefined) results[index] = await work(item);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return results;
}
