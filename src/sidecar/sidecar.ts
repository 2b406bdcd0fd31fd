import type { Logger } from 'pino';
import { connectGobgp } from '../bgp/connect.ts';
import type { GobgpApi } from '../bgp/gobgp.ts';
import type { BgpConfig, Config } from '../config/config.ts';
import { readLoopbackEndpoint } from '../config/read.ts';
import { FairleadError } from '../model/error.ts';
import { carryOut } from './act.ts';
import { closedFlags, GobgpdProcess } from './gobgpd.ts';
import { clearStaleSocket } from './stale-socket.ts';
import { Watchman } from './watchman.ts';

/** A running gobgpd with the dead man's switch beside it. */
export interface Sidecar {
  /** Resolves with gobgpd's exit code when gobgpd has ended, for whatever reason. */
  readonly ended: Promise<number>;
  /** Acts by another configuration from now on. Its sockets stay where they are. */
  follow(config: Config): void;
  /** Ends gobgpd in an orderly way: its peers are told. */
  stop(): Promise<void>;
}

/**
 * Starts gobgpd, and acts for an agent that falls silent. Rejects with `already-running` beside another one, with
 * `config-invalid` where its API would be open to other nodes, and with `command-failed` where gobgpd cannot be started.
 */
export async function startSidecar(config: Config, log: Logger): Promise<Sidecar> {
  const { bgp, deadman } = config;
  expectLocal(bgp);
  const flags = await closedFlags();
  for (const path of [deadman.socket, ...socketsOf(bgp.gobgp)]) await clearStaleSocket(path);
  // Whoever can connect can announce anything, or keep a dead agent alive: both sockets are for this user alone, 0600.
  process.umask(0o177);
  const api = connectGobgp({ target: bgp.gobgp });
  const means = { api, log, kill: () => gobgpd.kill() };
  let current = config;
  let doing = Promise.resolve();
  const watchman = await Watchman.post(deadman, log, (order) => {
    // By the time it is its turn, the agent may be back, or the next order due.
    doing = doing.then(() => (watchman.order === order ? carryOut(order, { ...means, config: current }) : undefined));
  });
  const gobgpd = new GobgpdProcess(bgp.gobgp, flags);
  log.info({ event: 'sidecar-started', api: bgp.gobgp, deadman: deadman.socket });
  const over = new AbortController();
  void makeReady(api, over.signal);
  const ended = gobgpd.ended.finally(() => {
    over.abort();
    watchman.close();
    api.close();
  });
  const follow = (next: Config): void => {
    current = next;
    watchman.follow(next.deadman);
  };
  return { ended, follow, stop: () => gobgpd.stop() };
}

/**
 * The gobgpd that is started here is for this node alone: its API is closed to others by where it listens, so that it needs
 * no TLS, and has none. Whoever reaches it can announce anything (GHSA-v5mh-h5hx-7v92).
 */
function expectLocal({ gobgp, tls }: BgpConfig): void {
  const local = gobgp.startsWith('unix://') || 'value' in readLoopbackEndpoint(gobgp);
  if (local && tls === undefined) return;
  const found = local ? 'bgp.tls' : gobgp;
  throw new FairleadError(
    'config-invalid',
    `bgp.gobgp: expected a unix socket or loopback without TLS, found ${found}`,
    {
      hint: 'the sidecar starts a gobgpd of its own on this node; one elsewhere is for an agent without a sidecar',
    },
  );
}

const READY_EVERY_MS = 500;

/**
 * Calls gobgpd until it has answered once. The first call of a process loads, compiles and connects: measured on a slow
 * machine, some 0.5 s, which is not to be spent when an order is due.
 */
async function makeReady(api: Pick<GobgpApi, 'global'>, over: AbortSignal): Promise<void> {
  while (!over.aborted) {
    const answered = await api.global().then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, READY_EVERY_MS).unref());
  }
}

/** The file that gobgpd's API listens on; none for a TCP port. */
const socketsOf = (target: string): string[] => (target.startsWith('unix://') ? [target.slice('unix://'.length)] : []);
