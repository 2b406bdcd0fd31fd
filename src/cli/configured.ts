import { type Logger, pino } from 'pino';
import { type ConfigText, loadConfigOrLastGood } from '../config/load.ts';

/** What a process of the node works with from its start to its end. */
export interface Configured extends ConfigText {
  readonly log: Logger;
  /** What is wrong with the file, where an earlier one is used in its place. */
  readonly stale: readonly string[];
}

/** Reads the configuration and opens the log, where it says loudly if the file is bad. Throws `config-*`. */
export async function configured(file: string): Promise<Configured> {
  const { config, notKept, stale, text } = await loadConfigOrLastGood(file);
  const log = pino({ base: { node: config.node }, timestamp: pino.stdTimeFunctions.isoTime });
  const problems = stale?.message.split('\n') ?? [];
  if (stale) log.error({ event: 'config-stale', code: stale.code, problems }, 'running on the last good configuration');
  if (notKept !== undefined) log.warn({ event: 'config-not-kept', detail: notKept }, 'no copy could be kept of it');
  return { config, text, log, stale: problems };
}
