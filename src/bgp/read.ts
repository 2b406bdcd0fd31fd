import { parseAddress, type Prefix } from '../model/address.ts';
import { CallError } from './client.ts';
import type { AcceptedPath, GobgpApi, Held, HeldPeer } from './gobgp.ts';
import { NO_POLICIES } from './policy.ts';

/** Everything of ours that gobgpd holds now. @throws CallError of the first call that failed */
export async function readHeld(api: GobgpApi): Promise<Held> {
  const global = await api.global();
  // Before StartBgp gobgpd refuses to list anything.
  if (global === undefined) return { global, policies: NO_POLICIES, paths: [], peers: [] };
  const [policies, paths, peers] = await Promise.all([api.policies(), api.paths(), api.peers()]);
  return { global, policies, paths, peers };
}

/** What each established peer is sent, by its address. @throws CallError where no answer comes */
export async function readAdvertised(
  api: GobgpApi,
  peers: readonly HeldPeer[],
): Promise<ReadonlyMap<string, readonly Prefix[]>> {
  const established = peers.filter(
    ({ address, state }) => state === 'established' && parseAddress(address) !== undefined,
  );
  const advertised = await Promise.all(established.map((peer) => advertisedTo(api, peer)));
  return new Map(established.map(({ address }, index) => [address, advertised[index] ?? []]));
}

/** What has come in of the prefixes that were asked for, by the peer it came from. @throws CallError where no answer comes */
export async function readAccepted(
  api: GobgpApi,
  { global }: Pick<Held, 'global'>,
  asked: readonly Prefix[],
): Promise<ReadonlyMap<string, readonly Prefix[]>> {
  const paths: AcceptedPath[] = global === undefined || asked.length === 0 ? [] : await api.acceptedPaths();
  const byPeer = Map.groupBy(paths, ({ from }) => from);
  return new Map([...byPeer].map(([from, ones]) => [from, ones.map(({ prefix }) => prefix).toSorted()]));
}

/** Nothing for a peer that has gone since it was listed: then gobgpd says no. */
async function advertisedTo(api: GobgpApi, { address, families }: HeldPeer): Promise<Prefix[]> {
  try {
    return await api.advertisedTo(address, families);
  } catch (error) {
    if (error instanceof CallError && error.outcome === 'refused') return [];
    throw error;
  }
}
