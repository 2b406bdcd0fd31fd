import type { Prefix } from '../model/address.ts';
import { CallError, type Endpoint } from './client.ts';
import { connectGobgp } from './connect.ts';

/**
 * The prefixes that the gobgpd behind `endpoint` has been given to announce; none where nobody listens there. Rejects with
 * `gobgpd-failed` where one does and cannot be asked: it may announce all the same.
 */
export async function heldPrefixes(endpoint: Endpoint): Promise<Prefix[]> {
  const api = connectGobgp(endpoint);
  try {
    // Before StartBgp gobgpd refuses to list anything.
    if ((await api.global()) === undefined) return [];
    return (await api.paths()).map(({ prefix }) => prefix);
  } catch (error) {
    if (error instanceof CallError && error.outcome === 'absent') return [];
    throw error;
  } finally {
    api.close();
  }
}
