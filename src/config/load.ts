import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { explain, FairleadError } from '../model/error.ts';
import type { Config } from './config.ts';
import { parseConfig } from './parse.ts';
import { formatProblem } from './problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The copy of the last configuration that an agent, or its sidecar, could start with. It lives as long as /run does. */
export const LAST_GOOD = '/run/fairlead/config.last-good.yaml';

/**
 * The configuration of this agent. Throws a FairleadError: `config-unreadable` where the file cannot be read,
 * `config-invalid` with every problem on a line of its own.
 */
export async function loadConfig(file: string, env: Environment = process.env): Promise<Config> {
  return (await read(file, env)).config;
}

/** A configuration to run on, and what else there is to say about it. */
export interface Loaded {
  readonly config: Config;
  /** Why it is the copy of an earlier one. */
  readonly stale?: FairleadError;
  /** Why no copy of it could be kept. */
  readonly notKept?: string;
}

/**
 * The configuration in the file, of which a copy is kept; or where the file is bad, the copy that was kept of the last good
 * one: a mistake in the file must not keep a node from serving that a restart would. Throws as `loadConfig` does where there
 * is no such copy.
 */
export async function loadConfigOrLastGood(file: string, copy = LAST_GOOD, env?: Environment): Promise<Loaded> {
  try {
    const { config, text } = await read(file, env);
    const notKept = await keep(text, copy);
    return notKept === undefined ? { config } : { config, notKept };
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    const config = await loadConfig(copy, env).catch(() => undefined);
    if (config === undefined) throw error;
    return { config, stale: error };
  }
}

async function read(file: string, env: Environment = process.env): Promise<{ config: Config; text: string }> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FairleadError('config-unreadable', `cannot read ${file}`, { cause });
  });
  // An empty variable is what a manifest without the downward API leaves behind.
  const node = env['NODE_NAME'] || hostname();
  const { config, problems } = parseConfig(text, node, env['NODE_IP'] || undefined, env['POD_NAMESPACE'] || undefined);
  if (config) return { config, text };
  throw new FairleadError('config-invalid', problems.map((problem) => formatProblem(file, problem)).join('\n'), {
    hint: 'docs/configuration.md lists every key',
  });
}

/** Whoever looks meanwhile sees the old copy or the new one, and nothing in between. */
async function keep(text: string, copy: string): Promise<string | undefined> {
  const draft = `${copy}.${process.pid}`;
  try {
    await mkdir(dirname(copy), { recursive: true });
    await writeFile(draft, text, { mode: 0o600 });
    await rename(draft, copy);
    return undefined;
  } catch (error) {
    return explain(error);
  }
}
