import type { RealServer, VirtualServerKey } from './virtual-server.ts';

/**
 * What passes in a second, by the kernel's own estimate: an average of about the last 8 seconds that is brought up to date
 * every 2 (net/netfilter/ipvs/ip_vs_est.c). In is from clients, out is to them.
 */
export interface Rates {
  /** Connections that are opened. */
  readonly connections: number;
  readonly packetsIn: number;
  readonly packetsOut: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
}

/** What passes through a virtual server, or through several of them. */
export interface Load {
  /** Established connections. The kernel counts none over UDP as active (net/netfilter/ipvs/ip_vs_conn.c). */
  readonly active: number;
  /** Connections that are closing, and all that are known over UDP. */
  readonly inactive: number;
  /** All connections there were since the virtual server was added. */
  readonly opened: number;
  readonly perSecond: Rates;
}

/** A real server as the kernel holds it. */
export interface RealServerLoad extends RealServer {
  readonly active: number;
  readonly inactive: number;
}

export interface VirtualServerLoad extends Load {
  /** Only where virtual servers were asked for by name. */
  readonly realServers?: readonly RealServerLoad[];
}

/** What passes through the virtual servers of this node, as its kernel says at one moment. */
export type Traffic =
  | {
      readonly known: true;
      /** Milliseconds since the epoch, at the end of the reading. */
      readonly at: number;
      /** Of all that are below. */
      readonly total: Load;
      /** Those that the kernel holds. It is no snapshot: one that comes or goes meanwhile may be missing. */
      readonly virtualServers: Readonly<Record<VirtualServerKey, VirtualServerLoad>>;
    }
  | { readonly known: false; readonly why: string };

/** Where another program serves the ranges. */
export const UNREAD: Traffic = {
  known: false,
  why: 'with `dataplane.mode: none` another program serves the ranges, and what passes through it is not read',
};

const NO_RATES: Rates = { connections: 0, packetsIn: 0, packetsOut: 0, bytesIn: 0, bytesOut: 0 };
export const NO_LOAD: Load = { active: 0, inactive: 0, opened: 0, perSecond: NO_RATES };

export const addLoads = (a: Load, b: Load): Load => ({
  active: a.active + b.active,
  inactive: a.inactive + b.inactive,
  opened: a.opened + b.opened,
  perSecond: {
    connections: a.perSecond.connections + b.perSecond.connections,
    packetsIn: a.perSecond.packetsIn + b.perSecond.packetsIn,
    packetsOut: a.perSecond.packetsOut + b.perSecond.packetsOut,
    bytesIn: a.perSecond.bytesIn + b.perSecond.bytesIn,
    bytesOut: a.perSecond.bytesOut + b.perSecond.bytesOut,
  },
});
