import { Adapter, type Shapes } from '../adapter.ts';
import type { GrpcConnection } from '../client.ts';
import {
  GoBgpService as V4,
  type Destination,
  type Init,
  type Path,
  type Peer,
  ResetPeerRequest_Direction,
  TableType,
  WatchEventRequest_Table_Filter_Type,
} from '../gen/gobgp-v4.ts';
import type { GobgpApi } from '../gobgp.ts';
import { decodeAccepted, decodeDestination, decodeLocalPath, decodePeer } from './decode.ts';
import { encodePath, encodePeer, encodeWithdrawal } from './encode.ts';
import { NUMBERS } from './policies.ts';

interface Messages extends Shapes {
  readonly path: Init<Path>;
  readonly peer: Init<Peer>;
  readonly heldPeer: Peer;
  readonly destination: Destination;
}

/** GoBGP's v4 API, as gobgpd 4.x serves it. */
export const gobgpV4 = (connection: GrpcConnection): GobgpApi =>
  new Adapter<Messages>(connection, {
    version: 'v4',
    calls: V4,
    policies: NUMBERS,
    tables: { global: TableType.TABLE_TYPE_GLOBAL, adjacentOut: TableType.TABLE_TYPE_ADJ_OUT },
    bothWays: ResetPeerRequest_Direction.DIRECTION_BOTH,
    bestPaths: WatchEventRequest_Table_Filter_Type.TYPE_BEST,
    encodePath,
    encodeWithdrawal,
    encodePeer,
    decodePeer,
    decodeDestination,
    decodeLocalPath,
    decodeAccepted,
  });
