import type { Logger } from 'pino';
import { inGroups } from '../bgp/apply.ts';
import { CallError } from '../bgp/client.ts';
import type { GobgpApi } from '../bgp/gobgp.ts';
import { localPaths, pathOf } from '../bgp/paths.ts';
import type { Config } from '../config/config.ts';
import type { Prefix } from '../model/address.ts';
import { explain } from '../model/error.ts';
import { deprioritised } from '../model/path.ts';
import type { Order } from './deadman.ts';

type Settings = Pick<Config, 'announcement' | 'bgp'>;

/** What an order is carried out with. */
export interface Means {
  readonly api: Pick<GobgpApi, 'addPath' | 'deletePath' | 'global' | 'paths' | 'peers'>;
  /** Ends gobgpd at once, and with it its sessions. */
  readonly kill: () => void;
  readonly config: Settings;
  readonly log: Pick<Logger, 'error' | 'warn'>;
}

/** How often gobgpd is asked before it counts as one that does not answer: where agents starve, it may starve as well. */
const TRIES = 3;

/**
 * Carries an order out on every path that gobgpd was given through its API. A withdrawal must not depend on what has
 * broken: a gobgpd that does not answer, or does not withdraw, is killed. Never rejects.
 */
export async function carryOut(order: Order, means: Means, tries = TRIES): Promise<void> {
  const { api, config, kill, log } = means;
  try {
    const prefixes = await ACTS[order](api, config);
    log.warn({ event: 'deadman-acted', order, prefixes }, SAYS[order]);
  } catch (error) {
    log.error({ event: 'deadman-failed', order, detail: explain(error) }, `gobgpd does not ${order} the paths`);
    const unanswered = error instanceof CallError && error.unanswered;
    if (unanswered && tries > 1) return carryOut(order, means, tries - 1);
    if (unanswered || order === 'withdraw') kill();
  }
}

const SAYS: Readonly<Record<Order, string>> = {
  deprioritise: 'the agent is silent: its paths are deprioritised, so that the switch prefers other nodes',
  withdraw: 'the agent is silent: its paths are withdrawn',
};

/** Each resolves with the prefixes that it has changed. */
const ACTS: Readonly<Record<Order, (api: Means['api'], config: Settings) => Promise<Prefix[]>>> = {
  deprioritise: async (api, { announcement, bgp }) => {
    const paths = (await pathsOf(api)).flatMap((held) => {
      const path = pathOf(held);
      const after = deprioritised(path, announcement.deprioritised);
      return after === path ? [] : [after];
    });
    // Which peers of the configuration are this node's, only the agent knew.
    const speaking = { localAs: bgp.localAs, peers: paths.length === 0 ? [] : await api.peers() };
    await inTurn(localPaths(paths, speaking), (path) => api.addPath(path));
    return paths.map(({ prefix }) => prefix);
  },
  withdraw: async (api) => {
    const prefixes = (await pathsOf(api)).map(({ prefix }) => prefix);
    await inTurn(prefixes, (prefix) => api.deletePath(prefix));
    return prefixes;
  },
};

/** There may be thousands of paths: a part of them at a time. */
async function inTurn<T>(items: readonly T[], take: (item: T) => Promise<void>): Promise<void> {
  for (const group of inGroups(items)) await Promise.all(group.map(take));
}

/** Before StartBgp gobgpd refuses to list anything. */
const pathsOf = async (api: Means['api']) => ((await api.global()) === undefined ? [] : api.paths());
