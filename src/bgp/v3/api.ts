import { Adapter, type Shapes } from '../adapter.ts';
import type { GrpcConnection } from '../client.ts';
import {
  GobgpApi as V3,
  type Destination,
  type Init,
  type Path,
  type Peer,
  ResetPeerRequest_SoftResetDirection,
  TableType,
  WatchEventRequest_Table_Filter_Type,
} from '../gen/gobgp-v3.ts';
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

/** GoBGP's v3 API, as gobgpd 3.x serves it. */
export const gobgpV3 = (connection: GrpcConnection): GobgpApi =>
  new Adapter<Messages>(connection, {
    version: 'v3',
    calls: V3,
    policies: NUMBERS,
    tables: { global: TableType.GLOBAL, adjacentOut: TableType.ADJ_OUT },
    bothWays: ResetPeerRequest_SoftResetDirection.BOTH,
    bestPaths: WatchEventRequest_Table_Filter_Type.BEST,
    encodePath,
    encodeWithdrawal,
    encodePeer,
    decodePeer,
    decodeDestination,
    decodeLocalPath,
    decodeAccepted,
  });
