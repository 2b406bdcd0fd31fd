import { DRAIN_FILE } from '../agent/drain-file.ts';
import { lockNode } from '../agent/lock.ts';
import { NODE_FILE } from '../agent/node-file.ts';
import { ORIGINALS } from '../agent/originals.ts';
import { RANGES_FILE, readRangesFile } from '../agent/ranges-file.ts';
import type { BgpConfig, Config } from '../config/config.ts';
import { LAST_GOOD, loadConfig } from '../config/load.ts';
import { type Prefix, prefixesOverlap } from '../model/address.ts';
import { FairleadError } from '../model/error.ts';
import type { ExitCode } from './main.ts';
import { renderRemovals } from './render/removals.ts';

/**
 * `fairlead cleanup`: takes all that agents have left on this node out of it, and nothing of others. Exit code 1 where
 * something of it is still there. Throws `already-running` beside an agent, `still-announced` where gobgpd still attracts
 * traffic, and `config-*`, each before anything is touched.
 */
export async function cleanup(file: string): Promise<ExitCode> {
  const config = await loadConfig(file);
  const release = await lockNode();
  try {
    const known = config.rangesFrom === 'service-cidrs' ? readRangesFile(RANGES_FILE, console) : undefined;
    const prefixes = servedPrefixes({ ...config, ranges: known ?? config.ranges });
    await expectWithdrawn(config.bgp, prefixes);
    const { removeAll } = await import('../dataplane/remove.ts');
    const { OUTPOST_LINKS } = await import('../health/probe.ts');
    const files = [config.http.socket, DRAIN_FILE, NODE_FILE, RANGES_FILE, LAST_GOOD];
    const removals = await removeAll({ prefixes, links: OUTPOST_LINKS, files, originals: ORIGINALS });
    process.stdout.write(renderRemovals(removals));
    return removals.some(({ problems }) => problems.length > 0) ? 1 : 0;
  } finally {
    release();
  }
}

const servedPrefixes = ({ dataplane, ranges }: Config): Prefix[] => [
  ...new Set([...ranges, ...dataplane.externalIPs, ...dataplane.loadBalancerIPs]),
];

async function expectWithdrawn({ gobgp, tls }: BgpConfig, prefixes: readonly Prefix[]): Promise<void> {
  const { heldPrefixes } = await import('../bgp/held-prefixes.ts');
  const held = await heldPrefixes({ target: gobgp, tls });
  const announced = held.filter((prefix) => prefixes.some((served) => prefixesOverlap(served, prefix)));
  if (announced.length === 0) return;
  throw new FairleadError('still-announced', `gobgpd still announces ${announced.join(', ')}`, {
    hint: 'end gobgpd, or start the agent and end it with SIGTERM; then try again',
  });
}
