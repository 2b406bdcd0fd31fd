import { once } from 'node:events';
import { configured } from './configured.ts';
import type { ExitCode } from './main.ts';

/**
 * `fairlead run`: the agent, until a signal ends it. SIGTERM and SIGINT: the prefixes are withdrawn, the peers told, and the
 * kernel left as it is. SIGUSR2, and SIGTERM where `fairlead handover` has ordered it: what is announced stays as it is for
 * the next agent, which has the grace of the dead man's switch to come up. SIGHUP: the configuration file is looked at, which
 * it is every few seconds anyway. Throws `config-*` for a bad configuration before anything is touched, and what keeps an
 * agent from taking up other ranges.
 */
export async function run(file: string, version: string): Promise<ExitCode> {
  const { log, ...configuration } = await configured(file);
  const signal = Promise.race(['SIGTERM', 'SIGINT', 'SIGUSR2'].map((name) => once(process, name)));
  // Only here are the heavy parts read in: the other commands start at once.
  const { startAgent } = await import('../agent/start.ts');
  const starting = startAgent({ ...configuration, file, version, log });
  process.on('SIGHUP', () => void starting.then((running) => running.lookAtConfig()));
  const agent = await starting;
  const [name] = (await Promise.race([signal, agent.failed])) as [NodeJS.Signals];
  if (name === 'SIGUSR2' || (name === 'SIGTERM' && agent.isToHandOver)) {
    log.info({ event: 'agent-handing-over' }, 'ending without a withdrawal, for the next agent to take over');
    await agent.handOver();
  } else {
    log.info({ event: 'agent-stopping' }, 'withdrawing before the end');
    await agent.stop();
  }
  log.info({ event: 'agent-stopped' }, 'stopped; the kernel is left as it is');
  return 0;
}
