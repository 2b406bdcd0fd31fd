import { LabError } from './error.ts';
import type { ExecResult } from './guest/protocol.ts';
import type { Channel } from './machine/channel.ts';
import { CHECKOUT } from './machine/place.ts';
import type { NodePlan, Plan, Step } from './plan.ts';
import { spawnProcess } from './process.ts';

const BUILD_TIMEOUT_MS = 60_000;

/**
 * Makes a plan real in a machine, with as few processes as it can be done, and returns the process that holds the
 * namespaces of each node.
 * @throws {LabError} naming the command that failed and what it said
 */
export async function build(channel: Channel, plan: Plan): Promise<ReadonlyMap<string, number>> {
  await Promise.all([ipBatch(channel, [], plan.network), placeMounts(channel, plan)]);
  const holders = await hold(channel, plan.nodes);
  await Promise.all(plan.nodes.map((node) => runSteps(channel, node, holders)));
  return holders;
}

/** What goes before a command line to run it in the namespaces that a process holds. */
export const enter = (pid: number | undefined): string[] => ['nsenter', '-t', String(pid), '-n', '-m', '--'];

async function placeMounts(channel: Channel, { nodes }: Plan): Promise<void> {
  const folders = nodes.flatMap((node) => node.folders);
  const files = nodes.flatMap((node) => node.files);
  const lists = nodes.flatMap(({ name, fstab, sysctls }) => [
    { path: `/run/lab/${name}.fstab`, text: asText(fstab) },
    { path: `/run/lab/${name}.sysctls`, text: asText(sysctls.map((pair) => pair.join(' '))) },
  ]);
  await channel.request({ op: 'place', folders, files });
  await channel.request({ op: 'write', files: lists });
}

/** Starts the one process per node that holds its namespaces: see lab/guest/hold.sh. */
async function hold(channel: Channel, nodes: readonly NodePlan[]): Promise<ReadonlyMap<string, number>> {
  const holders = new Map<string, number>();
  const complaints: string[] = [];
  const { promise: allReady, resolve, reject } = Promise.withResolvers<void>();
  const fail = (): void => reject(new LabError(`a node's namespaces cannot be made: ${complaints.join('; ')}`));
  const onLine = (line: string): void => {
    const [, name, pid] = /^(\S+) (\d+|failed)$/.exec(line) ?? [];
    if (name === undefined) complaints.push(line);
    else if (pid === 'failed') fail();
    else if (holders.set(name, Number(pid)).size === nodes.length) resolve();
  };
  const script = await spawnProcess(channel, ['sh', `${CHECKOUT}/lab/guest/hold.sh`], { onLine });
  void script.exited.then(fail);
  const timer = setTimeout(fail, BUILD_TIMEOUT_MS);
  for (const { name, namespace } of nodes) void script.write(`${name} ${namespace}`);
  await allReady.finally(() => clearTimeout(timer));
  return holders;
}

async function runSteps(channel: Channel, node: NodePlan, holders: ReadonlyMap<string, number>): Promise<void> {
  for (const step of node.steps) await runStep(channel, node, step, holders.get(node.name));
}

function runStep(channel: Channel, node: NodePlan, step: Step, pid: number | undefined): Promise<void> {
  if ('ip' in step) return ipBatch(channel, ['-netns', node.namespace], step.ip);
  return succeed(channel, [...enter(pid), ...step.argv], '', `node ${node.name}`);
}

const ipBatch = (channel: Channel, options: readonly string[], lines: readonly string[]): Promise<void> =>
  succeed(channel, ['ip', ...options, '-batch', '-'], asText(lines), options.join(' '));

const asText = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join('');

async function succeed(channel: Channel, argv: readonly string[], input: string, place: string): Promise<void> {
  const request = { op: 'exec', argv, input, env: {}, timeoutMs: BUILD_TIMEOUT_MS } as const;
  const { exitCode, stderr, stdout } = (await channel.request(request)) as ExecResult;
  if (exitCode === 0) return;
  throw new LabError(`${place}: ${argv.join(' ')} exited with ${exitCode}: ${stderr}${stdout}\n${input}`);
}
