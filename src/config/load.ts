import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { FairleadError } from '../model/error.ts';
import type { Config } from './config.ts';
import { parseConfig } from './parse.ts';
import { formatProblem } from './problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration of this agent. Throws a FairleadError: `config-unreadable` where the file cannot be read,
 * `config-invalid` with every problem on a line of its own.
 */
export async function loadConfig(file: string, env: Environment = process.env): Promise<Config> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FairleadError('config-unreadable', `cannot read ${file}`, { cause });
  });
  // An empty variable is what a manifest without the downward API leaves behind.
  const node = env['NODE_NAME'] || hostname();
  const { config, problems } = parseConfig(text, node, env['NODE_IP'] || undefined, env['POD_NAMESPACE'] || undefined);
  if (config) return config;
  throw new FairleadError('config-invalid', problems.map((problem) => formatProblem(file, problem)).join('\n'), {
    hint: 'docs/configuration.md lists every key',
  });
}
