import type { Prefix } from '../model/address.ts';
import { CallError, type Endpoint } from './client.ts';
import { connectGobgp } from './connect.ts';
import type { GobgpApi } from './gobgp.ts';

/** On a starved machine the first answer to a new process takes longer than a heartbeat may. */
const TRIES = 3;

/**
 * The prefixes that the gobgpd behind `endpoint` has been given to announce; none where nobody listens there. Rejects with
 * `gobgpd-failed` where one does and cannot be asked: it may announce all the same.
 */
export async function heldPrefixes(endpoint: Endpoint): Promise<Prefix[]> {
  const api = connectGobgp(endpoint);
  try {
    return await patiently(() => read(api));
  } catch (error) {
    if (error instanceof CallError && error.outcome === 'absent') return [];
    throw error;
  } finally {
    api.close();
  }
}

/** Before StartBgp gobgpd refuses to list anything. */
const read = async (api: GobgpApi): Promise<Prefix[]> =>
  (await api.global()) === undefined ? [] : (await api.paths()).map(({ prefix }) => prefix);

/** Asks again where gobgpd was silent; rejects as the last one does. */
export async function patiently<T>(ask: () => Promise<T>, tries = TRIES): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (error instanceof CallError && error.outcome === 'silent' && tries > 1) return patiently(ask, tries - 1);
    throw error;
  }
}
