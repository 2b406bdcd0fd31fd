import { readFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { FairleadError } from '../model/error.ts';
import type { Config } from './config.ts';
import { type ParsedConfig, parseConfig } from './parse.ts';
import { type ConfigProblem, formatProblem } from './problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The configuration of this agent. Throws a FairleadError: `config-unreadable` where the file cannot be read,
 * `config-invalid` with every problem on a line of its own.
 */
export async function loadConfig(file: string, env: Environment = process.env): Promise<Config> {
  const { config, problems } = await readConfig(file, env);
  if (config) return config;
  throw new FairleadError('config-invalid', problems.map((problem) => formatProblem(file, problem)).join('\n'), {
    hint: 'docs/configuration.md lists every key',
  });
}

/** Every problem of a configuration file; none for a good one. Throws `config-unreadable` where it cannot be read. */
export async function checkConfig(file: string, env: Environment = process.env): Promise<readonly ConfigProblem[]> {
  return (await readConfig(file, env)).problems ?? [];
}

async function readConfig(file: string, env: Environment): Promise<ParsedConfig> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FairleadError('config-unreadable', `cannot read ${file}`, { cause });
  });
  // An empty variable is what a manifest without the downward API leaves behind.
  return parseConfig(text, env['NODE_NAME'] || hostname(), env['NODE_IP'] || undefined);
}
