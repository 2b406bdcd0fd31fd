import { formatEndpoint } from '../../model/virtual-server.ts';
import type { Connection } from './codec.ts';
import type { Sessions } from './want.ts';

/** Of some connections, each once, those that a BGP session may run over. */
export function planEnds({ listenPort, peers }: Sessions, connections: readonly Connection[]): Connection[] {
  const belongs = ({ local, remote }: Connection): boolean =>
    peers.some(
      ({ address, port }) => address === remote.address && (port === remote.port || local.port === listenPort),
    );
  return [...new Map(connections.filter(belongs).map((one) => [formatEnd(one), one])).values()];
}

/** In words, as it appears in logs: `end 10.22.108.100:179 10.22.108.1:43122`. */
export const formatEnd = ({ local, remote }: Pick<Connection, 'local' | 'remote'>): string =>
  `end ${formatEndpoint(local)} ${formatEndpoint(remote)}`;
