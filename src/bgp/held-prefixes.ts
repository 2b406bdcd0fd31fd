import type { Prefix } from '../model/address.ts';
import { CallError, GrpcConnection } from './client.ts';
import { GobgpV3 } from './v3/api.ts';

/**
 * The prefixes that the gobgpd behind `target` has been given to announce; none where no gobgpd answers. Rejects with
 * `gobgpd-failed` where one answers and refuses.
 */
export async function heldPrefixes(target: string): Promise<Prefix[]> {
  const api = new GobgpV3(new GrpcConnection({ target }));
  try {
    // Before StartBgp gobgpd refuses to list anything.
    if ((await api.global()) === undefined) return [];
    return (await api.paths()).map(({ prefix }) => prefix);
  } catch (error) {
    if (error instanceof CallError && error.unanswered) return [];
    throw error;
  } finally {
    api.close();
  }
}
