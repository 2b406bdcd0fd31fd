import { runCommand } from '../dataplane/command.ts';
import type { Address } from '../model/address.ts';
import {
  type Network,
  parseAddresses,
  parseLinks,
  parseNeighbours,
  parseRoutes,
  parseWay,
  type Way,
} from './network.ts';

/** Asks `ip` for all of this network namespace. Rejects where there is no such program, or it is refused. */
export async function readNetwork(): Promise<Network> {
  const [links, addresses, ipv4, ipv6, neighbours] = await Promise.all([
    ip('-details', 'link', 'show'),
    ip('address', 'show'),
    ip('-4', 'route', 'show', 'table', 'all'),
    ip('-6', 'route', 'show', 'table', 'all'),
    ip('neighbour', 'show'),
  ]);
  return {
    links: parseLinks(links),
    addresses: parseAddresses(addresses),
    routes: [...parseRoutes(ipv4, '0.0.0.0/0'), ...parseRoutes(ipv6, '::/0')],
    neighbours: parseNeighbours(neighbours),
  };
}

/** Undefined where there is no route. */
export const wayTo = (address: Address): Promise<Way | undefined> =>
  ip('route', 'get', address).then(parseWay, () => undefined);

const ip = (...words: readonly string[]): Promise<string> => runCommand(['ip', '-json', ...words]);
