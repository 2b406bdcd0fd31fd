import { parseAddress, parsePrefix, type Prefix } from '../../model/address.ts';
import type { Bfd, BfdState, SessionState } from '../../model/path.ts';
import {
  type BfdPeerConfig,
  BfdSessionState,
  type Destination,
  type Path as PathMessage,
  type Peer as PeerMessage,
  PeerState_DisconnectReason,
  PeerState_SessionState,
  type PeerState,
} from '../gen/gobgp-v4.ts';
import type { AcceptedPath, HeldPath, HeldPeer } from '../gobgp.ts';
import { decodeAttributes, decodePrefix, isOwn } from '../messages/attributes.ts';
import { decodePeerSettings } from '../messages/peer-settings.ts';

const STATES: ReadonlyMap<number, SessionState> = new Map([
  [PeerState_SessionState.SESSION_STATE_IDLE, 'idle'],
  [PeerState_SessionState.SESSION_STATE_CONNECT, 'connect'],
  [PeerState_SessionState.SESSION_STATE_ACTIVE, 'active'],
  [PeerState_SessionState.SESSION_STATE_OPENSENT, 'opensent'],
  [PeerState_SessionState.SESSION_STATE_OPENCONFIRM, 'openconfirm'],
  [PeerState_SessionState.SESSION_STATE_ESTABLISHED, 'established'],
]);

const BFD_STATES: ReadonlyMap<number, BfdState> = new Map([
  [BfdSessionState.BFD_SESSION_STATE_UP, 'up'],
  [BfdSessionState.BFD_SESSION_STATE_DOWN, 'down'],
  [BfdSessionState.BFD_SESSION_STATE_ADMIN_DOWN, 'admin-down'],
  [BfdSessionState.BFD_SESSION_STATE_INIT, 'init'],
]);

/** A peer, or undefined where gobgpd left out what tells it from others. */
export function decodePeer(message: PeerMessage | undefined): HeldPeer | undefined {
  const settings = message && decodePeerSettings(message);
  if (message === undefined || settings === undefined) return undefined;
  const bfd = decodeBfd(message.bfd);
  return {
    ...settings,
    ...(bfd && { bfd }),
    state: STATES.get(message.state?.sessionState ?? 0) ?? 'unknown',
    bfdState: bfd && (BFD_STATES.get(message.state?.bfdState?.sessionState ?? 0) ?? 'down'),
    lastError: lastErrorOf(message.state),
  };
}

function decodeBfd(message: BfdPeerConfig | undefined): Bfd | undefined {
  if (!message?.enabled) return undefined;
  return { intervalMs: message.desiredMinimumTxInterval / 1000, multiplier: message.detectionMultiplier };
}

function lastErrorOf(state: PeerState | undefined): string | undefined {
  if (state === undefined || state.disconnectReason === 0) return undefined;
  const [name = 'unknown'] =
    Object.entries(PeerState_DisconnectReason).find(([, value]) => value === state.disconnectReason) ?? [];
  const reason = name.replace('DISCONNECT_REASON_', '').replaceAll('_', ' ').toLowerCase();
  return state.disconnectMessage === '' ? reason : `${reason}: ${state.disconnectMessage}`;
}

/** The prefix of a destination, or undefined for what is none. */
export const decodeDestination = (destination: Destination | undefined): Prefix | undefined =>
  parsePrefix(destination?.prefix ?? '');

/** The path of a destination that came through the API, or undefined where there is only what peers have sent. */
export function decodeLocalPath(destination: Destination | undefined): HeldPath | undefined {
  const path = destination?.paths.find(isOwn);
  const prefix = path && prefixOf(path, destination);
  if (path === undefined || prefix === undefined) return undefined;
  const unread = path.pattrs.filter((attribute) => Object.keys(attribute).length === 0).map(() => 'another attribute');
  return decodeAttributes(prefix, path.pattrs, unread);
}

/** The paths of a destination that came from peers. */
export const decodeAccepted = (destination: Destination | undefined): AcceptedPath[] =>
  (destination?.paths ?? []).flatMap((path) => {
    const prefix = prefixOf(path, destination);
    const from = parseAddress(path.neighborIp) ?? path.neighborIp;
    return isOwn(path) || prefix === undefined ? [] : [{ prefix, from }];
  });

const prefixOf = ({ nlri }: PathMessage, destination: Destination | undefined): Prefix | undefined =>
  (nlri?.prefix && decodePrefix(nlri.prefix)) ?? decodeDestination(destination);
