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
  /** The pods of the agents, by the name of their node: at least one. Rejects with `agent-unreachable`. */
  pods(): Promise<readonly AgentPod[]>;
  /** Runs a program in the agent's container of a pod. Never rejects. */
  exec(pod: string, argv: readonly string[]): Promise<Ended>;
}

/** A status with thousands of virtual servers has some megabytes. */
const MOST_BYTES = 256 * 1024 * 1024;

const LABEL = 'app=fairlead';

/**
 * @param timeoutMs for each run of kubectl: a node that is away is not to keep the others waiting
 * @param namespace where the agents run
 * @param passed what stands on each command line of kubectl beside it
 */
export function kubectlWith(timeoutMs: number, namespace: string, passed: readonly string[]): Kubectl {
  const kubectl = (...argv: readonly string[]): Promise<Ended> =>
    run(['--namespace', namespace, ...passed, ...argv], timeoutMs);
  return {
    pods: async () => {
      const { code, problem, stdout } = await kubectl('get', 'pods', '-l', LABEL, '-o', 'json');
      if (code !== 0) throw unreachable(problem);
      const pods = podsOf(stdout);
      if (pods.length === 0)
        throw unreachable(`none with the label ${LABEL} is on a node, in the namespace ${namespace}`);
      return pods;
    },
    exec: (pod, argv) => kubectl('exec', pod, '-c', 'agent', '--', ...argv),
  };
}

function podsOf(text: string): readonly AgentPod[] {
  try {
    return podsIn(JSON.parse(text));
  } catch (cause) {
    throw unreachable(`what kubectl says cannot be understood: ${explain(cause)}`);
  }
}

const unreachable = (problem: string): FairleadError =>
  new FairleadError('agent-unreachable', `no pods of agents: ${problem}`, {
    hint: 'see --context, --kubeconfig and --namespace, and which rights it needs in docs/status.md',
  });

function run(argv: readonly string[], timeout: number): Promise<Ended> {
  return new Promise((resolve) => {
    const child = execFile('kubectl', argv, { timeout, maxBuffer: MOST_BYTES }, (error, stdout, stderr) => {
      const code = child.exitCode ?? undefined;
      const late = child.killed ? `nothing within ${timeout / 1000} s` : undefined;
      const said = lastWords(stderr);
      resolve({ code, stdout, problem: late ?? (said === '' && error ? error.message : said) });
    });
  });
}

/** What says why: neither the hint behind it, nor what kubectl adds when the program in the pod has failed. */
const lastWords = (stderr: string): string =>
  stderr
    .trim()
    .split('\n')
    .findLast((line) => !/^(command terminated with exit code \d+$| +hint: )/.test(line)) ?? '';
