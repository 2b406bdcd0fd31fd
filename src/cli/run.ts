import { once } from 'node:events';
import { pino } from 'pino';
import { loadConfig } from '../config/load.ts';
import type { ExitCode } from './main.ts';

/**
 * `fairlead run`: the agent, until SIGTERM or SIGINT. Then the prefixes are withdrawn, the peers told, and the kernel
 * left as it is. Throws `config-*` for a bad configuration before anything is touched.
 */
export async function run(file: string, version: string): Promise<ExitCode> {
  const config = await loadConfig(file);
  const log = pino({ base: { node: config.node }, timestamp: pino.stdTimeFunctions.isoTime });
  const signal = Promise.race([once(process, 'SIGTERM'), once(process, 'SIGINT')]);
  // Only here are the heavy parts read in: the other commands start at once.
  const { startAgent } = await import('../agent/start.ts');
  const agent = await startAgent(config, version, log);
  await signal;
  log.info({ event: 'agent-stopping' }, 'withdrawing before the end');
  await agent.stop();
  log.info({ event: 'agent-stopped' }, 'stopped; the kernel is left as it is');
  return 0;
}
