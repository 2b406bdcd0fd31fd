import { formatEndpoint } from '../../model/virtual-server.ts';
import type { ConntrackEntry, Narrowing } from './codec.ts';
import type { Clearing, Clearings } from './want.ts';

/** With more readings than these, one of all UDP entries costs less: each walks the kernel's whole table. */
const MANY = 8;

/** What to read of one family's entries, so that every entry which `clearings` are about is seen. */
export function planReadings(clearings: readonly Clearing[]): Narrowing[] {
  const readings = clearings.flatMap(readingsOf);
  return readings.length > MANY ? [{}] : readings;
}

const readingsOf = ({ virtualServer, lost }: Clearing): Narrowing[] =>
  lost === 'all' ? [{ asked: virtualServer }] : lost.map((answers) => ({ asked: virtualServer, answers }));

/**
 * Whether an entry leads its client to nowhere: it asks one of these virtual servers, and expects the answers from
 * something that is none of its real servers. NAT is decided once for an entry and each packet of the client refreshes
 * it, so the client would never be served again (kubernetes #125467). The entry of a client that is served by a real
 * server that stays is not stale.
 */
export function isStale({ answers, asked }: ConntrackEntry, clearings: Clearings): boolean {
  const clearing = clearings.get(formatEndpoint(asked));
  return clearing !== undefined && !clearing.realServers.has(formatEndpoint(answers));
}

/** In words, as it appears in logs: `delete-entry udp/10.99.66.53:53 10.1.0.101:5353 client 10.0.1.2:4000`. */
export const formatDeletion = ({ answers, asked, client }: ConntrackEntry): string =>
  `delete-entry udp/${formatEndpoint(asked)} ${formatEndpoint(answers)} client ${formatEndpoint(client)}`;
