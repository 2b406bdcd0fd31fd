import type { Logger } from 'pino';
import { CallError } from '../bgp/client.ts';
import type { GobgpApi } from '../bgp/gobgp.ts';
import { GobgpV3 } from '../bgp/v3/api.ts';
import type { Config } from '../config/config.ts';
import { explain } from '../model/error.ts';
import { act } from './act.ts';
import type { Order } from './deadman.ts';
import { GobgpdProcess } from './gobgpd.ts';
import { clearStaleSocket } from './stale-socket.ts';
import { Watchman } from './watchman.ts';

/** A running gobgpd with the dead man's switch beside it. */
export interface Sidecar {
  /** Resolves with gobgpd's exit code when gobgpd has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Ends gobgpd in an orderly way: its peers are told. */
  stop(): Promise<void>;
}

/**
 * Starts gobgpd, and acts for an agent that falls silent. Rejects with `already-running` beside another one, and with
 * `command-failed` where gobgpd cannot be started.
 */
export async function startSidecar(config: Config, log: Logger): Promise<Sidecar> {
  const { bgp, deadman } = config;
  for (const path of [deadman.socket, ...socketsOf(bgp.gobgp)]) await clearStaleSocket(path);
  // Whoever can connect can announce anything, or keep a dead agent alive: both sockets are for this user alone, 0600.
  process.umask(0o177);
  const api = new GobgpV3(bgp.gobgp);
  let doing = Promise.resolve();
  const watchman = await Watchman.post(deadman, log, (order) => {
    doing = doing.then(() => carryOut(order, { api, gobgpd, config, log }));
  });
  const gobgpd = new GobgpdProcess(bgp.gobgp);
  log.info({ event: 'sidecar-started', api: bgp.gobgp, deadman: deadman.socket });
  const ended = gobgpd.ended.finally(() => {
    watchman.close();
    api.close();
  });
  return { ended, stop: () => gobgpd.stop() };
}

interface Parts {
  readonly api: GobgpApi;
  readonly gobgpd: GobgpdProcess;
  readonly config: Config;
  readonly log: Logger;
}

/**
 * A withdrawal must not depend on what has broken: a gobgpd that does not answer, or does not withdraw, is ended. Never
 * rejects.
 */
async function carryOut(order: Order, { api, config, gobgpd, log }: Parts): Promise<void> {
  try {
    const prefixes = await act(order, api, config);
    log.warn({ event: 'deadman-acted', order, prefixes }, SAYS[order]);
  } catch (error) {
    log.error({ event: 'deadman-failed', order, detail: explain(error) }, `gobgpd does not ${order} the paths`);
    if (order === 'withdraw' || (error instanceof CallError && error.unanswered)) gobgpd.kill();
  }
}

const SAYS: Readonly<Record<Order, string>> = {
  deprioritise: 'the agent is silent: its paths are deprioritised, so that the switch prefers other nodes',
  withdraw: 'the agent is silent: its paths are withdrawn',
};

/** The file that gobgpd's API listens on; none for a TCP port. */
const socketsOf = (target: string): string[] => (target.startsWith('unix://') ? [target.slice('unix://'.length)] : []);
