import { existsSync } from 'node:fs';
import type { Prefix } from '../../model/address.ts';
import { splitVirtualServerKey, type VirtualServer, type VirtualServerKey } from '../../model/virtual-server.ts';
import { NOTHING_TO_DO, type PartReport } from '../part.ts';
import { LINKS } from '../neighbours/plan.ts';
import { Links } from '../netlink/link.ts';
import { Ipvs } from './apply.ts';
import { ownerOf } from './ownership.ts';

type Wanted = ReadonlyMap<VirtualServerKey, VirtualServer>;

/** In every network namespace of a kernel that has IPVS. Asking for the netlink family instead would load it. */
const TABLE = '/proc/net/ip_vs';

/**
 * Deletes every virtual server inside the prefixes, unless a proxy owns the whole table: what is in there is the proxy's
 * then, and it deletes by itself what it does not know. Rejects with `netlink-failed` or `kernel-refused`.
 */
export async function removeVirtualServers(prefixes: readonly Prefix[]): Promise<PartReport> {
  if (!existsSync(TABLE) || hasOwner()) return NOTHING_TO_DO;
  const ipvs = new Ipvs(prefixes);
  try {
    return await ipvs.ensure(new Map(), []);
  } finally {
    ipvs.close();
  }
}

/** Deletes the virtual servers inside the prefixes that are not wanted. Rejects with `netlink-failed` or `kernel-refused`. */
export async function clearVirtualServers(prefixes: readonly Prefix[], wanted: Wanted): Promise<PartReport> {
  const isInside = ownerOf(prefixes);
  const kept = new Map([...wanted].filter(([key]) => isInside(splitVirtualServerKey(key).address)));
  const ipvs = new Ipvs(prefixes);
  try {
    return await ipvs.ensure(kept, []);
  } finally {
    ipvs.close();
  }
}

function hasOwner(): boolean {
  const links = new Links();
  try {
    return links.present([...LINKS.keys()]).size > 0;
  } finally {
    links.close();
  }
}
