import { Command, InvalidArgumentError } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import type { ExitCode } from '../main.ts';
import { screenOf } from '../screen-of.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';
import { inEach, status, type StatusOptions } from './status.ts';

/** What `kubectl` itself is given, wherever it stands. */
interface Passed {
  readonly context?: string;
  readonly kubeconfig?: string;
  readonly namespace: string;
  /** Seconds. */
  readonly timeout: number;
}

/**
 * `kubectl fairlead`: what `fairlead` says on one node, of all lb nodes of a cluster.
 * @param done gets the exit code of the command that was run
 */
export function program(done: (code: ExitCode) => void): Command {
  const fairlead = new Command('kubectl fairlead')
    .description('what the fairlead agents of a cluster say, by kubectl exec')
    .version(packageJson.version)
    .exitOverride();
  command(fairlead, 'status [node]', 'a line for each lb node, and where they differ; of one node all that it says')
    .option('--all', 'of one node: every virtual server, check and object that is left out')
    .option('--json', 'as JSON, for machines')
    .action(async (node: string | undefined, options: Passed & StatusOptions) =>
      done(await status(kubectlOf(options), node, options, screenOf(options.all))),
    );
  command(fairlead, 'explain <service>', 'why a Service is served or not, on each lb node').action(
    async (service: string, options: Passed) => done(await inEach(kubectlOf(options), ['explain', service])),
  );
  command(fairlead, 'doctor', 'what is wrong with each lb node').action(async (options: Passed) =>
    done(await inEach(kubectlOf(options), ['doctor'])),
  );
  return fairlead;
}

const command = (fairlead: Command, name: string, description: string): Command =>
  fairlead
    .command(name)
    .description(description)
    .option('-n, --namespace <namespace>', 'where the agents run', 'fairlead')
    .option('--context <context>', 'as for kubectl')
    .option('--kubeconfig <file>', 'as for kubectl')
    .option('--timeout <seconds>', 'how long a node may take to answer', readSeconds, 15);

function readSeconds(text: string): number {
  const seconds = Number(text);
  if (!(seconds > 0)) throw new InvalidArgumentError('expected a number of seconds');
  return seconds;
}

const kubectlOf = ({ context, kubeconfig, namespace, timeout }: Passed): Kubectl =>
  kubectlWith(timeout * 1000, namespace, [
    ...(context === undefined ? [] : ['--context', context]),
    ...(kubeconfig === undefined ? [] : ['--kubeconfig', kubeconfig]),
  ]);
