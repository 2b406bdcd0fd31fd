import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { explain, FairleadError } from '../model/error.ts';
import type { Config } from './config.ts';
import { parseConfig, type ParsedConfig } from './parse.ts';
import { type ConfigProblem, formatProblem } from './problem.ts';

type Environment = Readonly<Record<string, string | undefined>>;

/** The copy of the last configuration that an agent, or its sidecar, could start with. It lives as long as /run does. */
export const LAST_GOOD = '/run/fairlead/config.last-good.yaml';

/**
 * The configuration of this agent. Throws a FairleadError: `config-unreadable` where the file cannot be read,
 * `config-invalid` with every problem on a line of its own.
 */
export async function loadConfig(file: string, env: Environment = process.env): Promise<Config> {
  return (await readConfig(file, env)).config;
}

/** A configuration, with the text that it stands in. */
export interface ConfigText {
  readonly config: Config;
  readonly text: string;
}

/** A configuration to run on, and what else there is to say about it. */
export interface Loaded extends ConfigText {
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
    const good = await readConfig(file, env);
    const notKept = await keepLastGood(good.text, copy);
    return notKept === undefined ? good : { ...good, notKept };
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    const good = await readConfig(copy, env).catch(() => undefined);
    if (good === undefined) throw error;
    return { ...good, stale: error };
  }
}

async function readConfig(file: string, env?: Environment): Promise<ConfigText> {
  const text = await readText(file);
  return { config: configOf(text, file, env), text };
}

/** What the file says now. Rejects with `config-unreadable`. */
export function readText(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((cause: unknown) => {
    throw new FairleadError('config-unreadable', `cannot read ${file}`, { cause });
  });
}

/** What a text is as the configuration of this node: with what its environment says. Never throws. */
export function parseHere(text: string, env: Environment = process.env): ParsedConfig {
  // An empty variable is what a manifest without the downward API leaves behind.
  const node = env['NODE_NAME'] || hostname();
  return parseConfig(text, node, env['NODE_IP'] || undefined, env['POD_NAMESPACE'] || undefined);
}

/** The configuration that a text stands for. Throws `config-invalid`, as `invalid` has it. @param file its name */
export function configOf(text: string, file: string, env: Environment = process.env): Config {
  const { config, problems } = parseHere(text, env);
  if (config) return config;
  throw invalid(problems, file);
}

/** The error `config-invalid` of a file, with its problems on a line each: the first ones, where there are many. */
export function invalid(problems: readonly ConfigProblem[], file: string): FairleadError {
  const lines = problems.slice(0, MOST_TOLD).map((problem) => formatProblem(file, problem));
  const more = problems.length > MOST_TOLD ? [`and ${problems.length - MOST_TOLD} more`] : [];
  return new FairleadError('config-invalid', [...lines, ...more].join('\n'), {
    hint: 'docs/configuration.md lists every key',
  });
}

const MOST_TOLD = 20;

/**
 * Keeps the text of a good file for a later start. Whoever looks meanwhile sees the old copy or the new one, and nothing in
 * between.
 *
 * @returns why that is not to be had; undefined where it was done
 */
export async function keepLastGood(text: string, copy = LAST_GOOD): Promise<string | undefined> {
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
