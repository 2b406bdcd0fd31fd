import { ConfigFile, type Taken } from '../agent/config-file.ts';
import { takeable } from '../agent/needs-restart.ts';
import type { Config } from '../config/config.ts';
import { configured } from './configured.ts';

/**
 * `fairlead sidecar`: gobgpd under a dead man's switch, until gobgpd ends; SIGTERM and SIGINT end it. It follows its configuration
 * file, and SIGHUP has it look at once. Returns gobgpd's exit
 * code, or 0 where it was ended on request. Throws `config-*` for a bad configuration before anything is touched.
 */
export async function sidecar(file: string): Promise<number> {
  const { config, log, stale, text } = await configured(file);
  const { startSidecar } = await import('../sidecar/sidecar.ts');
  const running = await startSidecar(config, log);
  const take = async (next: Config): Promise<Taken> => {
    const { needsRestart } = takeable(config, next);
    const keys = needsRestart.filter((key) => !key.startsWith('http.'));
    if (keys.length > 0) log.warn({ event: 'config-needs-restart', keys }, 'these count from the next start on');
    running.follow(next);
    return 'taken';
  };
  const followed = new ConfigFile({ file, started: { config, text }, problems: stale, take, log });
  followed.start();
  process.on('SIGHUP', () => followed.look());
  let asked = false;
  const stop = (): void => {
    asked = true;
    void running.stop();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const code = await running.ended;
  await followed.stop();
  log.info({ event: 'gobgpd-ended', code }, 'gobgpd has ended, and so does the sidecar');
  return asked ? 0 : code;
}
