import { FAMILIES, type Family, parseAddress } from '../../model/address.ts';
import type { Neighbor } from '../gobgp.ts';

/** Families as IANA numbers them: RFC 4760 has both versions of the API write them alike. */
export const UNICAST = {
  ipv4: { afi: 1, safi: 1 },
  ipv6: { afi: 2, safi: 1 },
} as const satisfies Record<Family, object>;

/** Seconds. gobgpd's own 30 would keep a session down for half a minute after a reset. 3.10 ignores it. */
const IDLE_HOLD_AFTER_RESET = 5;
/** RFC 5082 section 3: nothing that a router has passed on. */
const GTSM_TTL = 255;

/**
 * A whole peer with all we want of it, BFD aside: gobgpd fills what is missing with defaults of its own. A
 * restart is never claimed (`local_restarting`): gobgpd would then keep its paths back until every peer has sent its own, and
 * one switch that is down would keep them off all others (seen with 4.8.0, and on 3.10 with a switch without graceful
 * restart). Without that, a switch that has waited goes on with the paths as they come in again.
 */
export const encodePeerSettings = (peer: Neighbor) => ({
  conf: { neighborAddress: peer.address, peerAsn: peer.as, authPassword: peer.password?.() },
  ebgpMultihop: peer.multihopTtl === undefined ? undefined : { enabled: true, multihopTtl: peer.multihopTtl },
  timers: {
    config: {
      holdTime: peer.holdTimeSeconds,
      keepaliveInterval: peer.keepaliveSeconds,
      connectRetry: peer.connectRetrySeconds,
      idleHoldTimeAfterReset: IDLE_HOLD_AFTER_RESET,
    },
  },
  transport: { remotePort: peer.port, passiveMode: peer.passive, localAddress: peer.localAddress },
  gracefulRestart: peer.gracefulRestart && { enabled: true, restartTime: peer.gracefulRestart.restartTimeSeconds },
  afiSafis: peer.families.map((family) => ({
    mpGracefulRestart: peer.gracefulRestart && { config: { enabled: true } },
    config: { family: UNICAST[family], enabled: true },
  })),
  ttlSecurity: peer.ttlSecurity ? { enabled: true, ttlMin: GTSM_TTL } : undefined,
});

/** What both versions of the API say of a peer. */
interface PeerMessage {
  readonly conf?: { readonly authPassword: string; readonly neighborAddress: string; readonly peerAsn: number };
  readonly ebgpMultihop?: { readonly enabled: boolean; readonly multihopTtl: number };
  readonly state?: { readonly neighborAddress: string; readonly peerAsn: number };
  readonly timers?: {
    readonly config?: {
      readonly connectRetry: number;
      readonly holdTime: number;
      readonly keepaliveInterval: number;
    };
  };
  readonly transport?: { readonly localAddress: string; readonly passiveMode: boolean; readonly remotePort: number };
  readonly gracefulRestart?: { readonly enabled: boolean; readonly restartTime: number };
  readonly afiSafis: readonly AfiSafiMessage[];
  readonly ttlSecurity?: { readonly enabled: boolean };
}

interface AfiSafiMessage {
  readonly config?: { readonly enabled: boolean; readonly family?: { readonly afi: number; readonly safi: number } };
}

/** The settings of a peer, BFD aside, or undefined where gobgpd left out what tells it from others. */
export function decodePeerSettings(message: PeerMessage): Neighbor | undefined {
  const address = message.conf?.neighborAddress || message.state?.neighborAddress;
  if (address === undefined || address === '') return undefined;
  const { gracefulRestart, timers, transport } = message;
  return {
    address: parseAddress(address) ?? address,
    as: message.conf?.peerAsn || message.state?.peerAsn || 0,
    port: transport?.remotePort ?? 0,
    families: FAMILIES.filter((family) => message.afiSafis.some((one) => carries(one, family))),
    holdTimeSeconds: timers?.config?.holdTime ?? 0,
    keepaliveSeconds: timers?.config?.keepaliveInterval ?? 0,
    connectRetrySeconds: timers?.config?.connectRetry ?? 0,
    passive: transport?.passiveMode ?? false,
    ttlSecurity: message.ttlSecurity?.enabled ?? false,
    ...(gracefulRestart?.enabled && { gracefulRestart: { restartTimeSeconds: gracefulRestart.restartTime } }),
    ...optionalSettings(message),
  };
}

function optionalSettings({ conf, ebgpMultihop, transport }: PeerMessage): Partial<Neighbor> {
  const password = conf?.authPassword ?? '';
  const localAddress = parseAddress(transport?.localAddress ?? '');
  return {
    ...(localAddress !== undefined && !ANY_ADDRESS.has(localAddress) && { localAddress }),
    ...(password !== '' && { password: () => password }),
    ...(ebgpMultihop?.enabled && { multihopTtl: ebgpMultihop.multihopTtl }),
  };
}

/** What gobgpd puts in place of no address of this end. */
const ANY_ADDRESS: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

const carries = ({ config }: AfiSafiMessage, family: Family): boolean =>
  config?.enabled === true && config.family?.afi === UNICAST[family].afi && config.family.safi === UNICAST[family].safi;
