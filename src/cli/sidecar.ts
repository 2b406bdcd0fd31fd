import { configured } from './configured.ts';

/**
 * `fairlead sidecar`: gobgpd under a dead man's switch, until gobgpd ends; SIGTERM and SIGINT end it. Returns gobgpd's exit
 * code, or 0 where it was ended on request. Throws `config-*` for a bad configuration before anything is touched.
 */
export async function sidecar(file: string): Promise<number> {
  const { config, log } = await configured(file);
  const { startSidecar } = await import('../sidecar/sidecar.ts');
  const running = await startSidecar(config, log);
  let asked = false;
  const stop = (): void => {
    asked = true;
    void running.stop();
  };
  process.once('SIGTERM', stop).once('SIGINT', stop);
  const code = await running.ended;
  log.info({ event: 'gobgpd-ended', code }, 'gobgpd has ended, and so does the sidecar');
  return asked ? 0 : code;
}
