import { execFile } from 'node:child_process';
import { explain, FairleadError } from '../../model/error.ts';
import { type AgentPod, podsIn } from './pods.ts';

/** How one run of a program ended. */
export interface Ended {
  /** Undefined where it was not run to its end. */
  readonly code: number | undefined;
  readonly stdout: string;
  /** Its last words, or why it was not run to its end. */
  readonly problem: string;
}

/** The cluster, as far as kubectl shows it. */
export interface Kubectl {
  /** The pods of the agents, by the name of their node. Rejects with `agent-unreachable`. */
  pods(): Promise<readonly AgentPod[]>;
  /** Runs a program in the agent's container of a pod. Never rejects. */
  exec(pod: string, argv: readonly string[]): Promise<Ended>;
}

/** A status with thousands of virtual servers has some megabytes. */
const MOST_BYTES = 256 * 1024 * 1024;

/**
 * @param timeoutMs for each run of kubectl: a node that is away is not to keep the others waiting
 * @param passed what stands on each command line of kubectl
 */
export const kubectlWith = (timeoutMs: number, passed: readonly string[]): Kubectl => ({
  pods: async () => {
    const { code, problem, stdout } = await run(
      [...passed, 'get', 'pods', '-l', 'app=fairlead', '-o', 'json'],
      timeoutMs,
    );
    if (code !== 0) throw unreachable(problem);
    return podsOf(stdout);
  },
  exec: (pod, argv) => run([...passed, 'exec', pod, '-c', 'agent', '--', ...argv], timeoutMs),
});

function podsOf(text: string): readonly AgentPod[] {
  try {
    return podsIn(JSON.parse(text));
  } catch (cause) {
    throw unreachable(`what kubectl says cannot be understood: ${explain(cause)}`);
  }
}

const unreachable = (problem: string): FairleadError =>
  new FairleadError('agent-unreachable', `kubectl cannot list the pods of the agents: ${problem}`, {
    hint: 'see --context, --kubeconfig and --namespace, and `kubectl auth can-i create pods/exec`',
  });

function run(argv: readonly string[], timeout: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile('kubectl', argv, { timeout, maxBuffer: MOST_BYTES }, (error, stdout, stderr) => {
      const code = child.exitCode ?? undefined;
      const late = child.killed ? `nothing within ${timeout / 1000} s` : undefined;
      const said = stderr.trim().split('\n').at(-1) ?? '';
      resolve({ code, stdout, problem: late ?? (said === '' && error ? error.message : said) });
    });
  });
}
