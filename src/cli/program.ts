import { Command, InvalidArgumentError } from 'commander';
import packageJson from '../../package.json' with { type: 'json' };
import { parseDuration } from '../config/read.ts';
import { cleanup } from './cleanup.ts';
import { checkConfig, printSchema } from './config.ts';
import { doctor } from './doctor.ts';
import { drain, type DrainOptions, undrain } from './drain.ts';
import { explain, type ExplainOptions } from './explain.ts';
import { handOver, type HandOverOptions } from './hand-over.ts';
import { run } from './run.ts';
import { sidecar } from './sidecar.ts';
import { status, type StatusOptions } from './status.ts';

const DEFAULT_CONFIG = '/etc/fairlead/config.yaml';
const DEFAULT_SOCKET = '/run/fairlead/agent.sock';

/**
 * Every command with its options.
 * @param done gets the exit code of the command that was run
 */
export function program(done: (code: number) => void): Command {
  const fairlead = new Command('fairlead')
    .description('Leads traffic for a ClusterIP range into a bare-metal Kubernetes cluster')
    .version(packageJson.version)
    .exitOverride();
  fairlead
    .command('run')
    .description('the agent of one lb node')
    .option('--config <file>', 'its configuration', DEFAULT_CONFIG)
    .action(async ({ config }: { config: string }) => done(await run(config, packageJson.version)));
  fairlead
    .command('sidecar')
    .description("gobgpd beside the agent, under a dead man's switch; ends with gobgpd's exit code")
    .option('--config <file>', 'the configuration of the agent', DEFAULT_CONFIG)
    .action(async ({ config }: { config: string }) => done(await sidecar(config)));
  fairlead
    .command('status')
    .description('what is announced, why, to whom; peers, conditions, virtual servers')
    .option('--all', 'every virtual server, check and object that is left out')
    .option('--watch', 'again each second until Ctrl-C; on a pipe a line for each transition')
    .option('--json', 'as JSON, for machines')
    .option('--socket <path>', 'where the agent listens', DEFAULT_SOCKET)
    .action(async (options: StatusOptions) => done(await status(options)));
  fairlead
    .command('explain <service>')
    .description(
      'why a Service is served by this node or why not: NAMESPACE/NAME, NAME in default, or its ADDRESS:PORT',
    )
    .option('--json', 'as JSON, for machines')
    .option('--socket <path>', 'where the agent listens', DEFAULT_SOCKET)
    .action(async (service: string, options: ExplainOptions) => done(await explain(service, options)));
  fairlead
    .command('doctor')
    .description('what the agent will need on this node, and what is wrong with it; changes nothing')
    .option('--config <file>', 'the configuration of its agent', DEFAULT_CONFIG)
    .option('--json', 'as JSON, for machines')
    .action(async ({ config, json }: { config: string; json?: true }) => done(await doctor(config, json === true)));
  orderCommand(fairlead, 'drain', 'hands the traffic of this node over to the others, for planned maintenance')
    .option('--until-exit', 'for as long as this agent runs, not for the next one: for its own end')
    .action(async (options: DrainOptions) => done(await drain(options)));
  orderCommand(fairlead, 'undrain', 'calls a drain off').action(async (options: DrainOptions) =>
    done(await undrain(options)),
  );
  fairlead
    .command('handover')
    .description('lets the next end of this agent leave all to the next agent, without a BGP event: for upgrades')
    .option('--within <duration>', 'how long that stands, such as 2m; 0s calls it off', readDuration, 120_000)
    .option('--json', 'as JSON, for machines')
    .option('--socket <path>', 'where the agent listens', DEFAULT_SOCKET)
    .action(async (options: HandOverOptions) => done(await handOver(options)));
  fairlead
    .command('cleanup')
    .description('removes all that fairlead put into the kernel of this node, and nothing else')
    .option('--config <file>', 'the configuration of its agent', DEFAULT_CONFIG)
    .action(async ({ config }: { config: string }) => done(await cleanup(config)));
  const config = fairlead.command('config').description('work with configuration files');
  config
    .command('schema')
    .description('the JSON Schema of a configuration file, for editors')
    .action(() => done(printSchema()));
  config
    .command('check <file>')
    .description('every problem in a configuration file, or with - in what is piped in, with line and column')
    .option('--json', 'as JSON, for machines')
    .action(async (file: string, { json }: { json?: true }) => done(await checkConfig(file, json === true)));
  return fairlead;
}

/** A command that gives the agent an order and may follow what becomes of it. */
const orderCommand = (fairlead: Command, name: string, description: string): Command =>
  fairlead
    .command(name)
    .description(description)
    .option('--wait', 'until it is done')
    .option('--timeout <duration>', 'the longest that may take, such as 25s or 5m', readDuration)
    .option('--json', 'as JSON, for machines')
    .option('--socket <path>', 'where the agent listens', DEFAULT_SOCKET);

const DAY_MS = 86_400_000;

function readDuration(text: string): number {
  const duration = parseDuration(text);
  if (duration === undefined || duration > DAY_MS)
    throw new InvalidArgumentError('expected a duration such as 25s or 5m');
  return duration;
}
