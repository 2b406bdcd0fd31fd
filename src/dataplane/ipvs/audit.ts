import { type VirtualServerKey, virtualServerKey } from '../../model/virtual-server.ts';
import type { KnownTable } from './known.ts';
import { type IpvsTable, sameSettings } from './plan.ts';
import type { IpvsService } from './want.ts';

/** One round of the audit: begun with one reading of all services, goes on with their destinations one by one. */
export interface Round {
  readonly found: IpvsTable;
  /** What is still to be looked at; taken from the end. */
  readonly left: VirtualServerKey[];
  /** Those that read otherwise than they are known. A dump is no snapshot, so each is read again before it counts. */
  readonly suspects: ReadonlySet<VirtualServerKey>;
}

/** @param wanted the keys of all that should be there */
export function startRound(
  services: readonly IpvsService[],
  known: KnownTable,
  wanted: Iterable<VirtualServerKey>,
): Round {
  const found = new Map(services.map((service) => [virtualServerKey(service), service]));
  const left = [...new Set([...wanted, ...known.keys(), ...found.keys()])];
  const isSuspect = (key: VirtualServerKey): boolean => {
    const [before, now] = [known.get(key), found.get(key)];
    return before === undefined || now === undefined || !sameSettings(before, now);
  };
  return { found, left, suspects: new Set(left.filter(isSuspect)) };
}
