import { z } from 'zod';
import type { DefaultRoute } from '../dataplane/netlink/default-routes.ts';
import type { NodeAddress } from '../agent/ranges.ts';
import { type Address, familyOf, hostPrefix, parseAddress, parsePrefix, type Prefix } from '../model/address.ts';

/** An interface. */
export interface NetworkLink {
  readonly name: string;
  readonly mtu: number;
  /** Switched on, and with a carrier. */
  readonly up: boolean;
  /** As `vxlan`; undefined for hardware. */
  readonly kind: string | undefined;
}

/** A route of any table. */
export interface NetworkRoute {
  readonly prefix: Prefix;
  /** Undefined for main. */
  readonly table: string | undefined;
  /** As `unicast`, `local`, `unreachable`. */
  readonly type: string;
  /** Who made it, as `kernel`, `bird` or a number. */
  readonly protocol: string;
  readonly metric: number;
  readonly hops: readonly { readonly interface: string; readonly gateway: Address | undefined }[];
}

/** An entry of the tables of ARP and NDP. */
export interface Neighbour {
  readonly address: Address;
  readonly interface: string;
  /** As `REACHABLE`, `FAILED`. */
  readonly state: string;
}

/** What `ip` says of this network namespace. */
export interface Network {
  readonly links: readonly NetworkLink[];
  readonly addresses: readonly NodeAddress[];
  readonly routes: readonly NetworkRoute[];
  readonly neighbours: readonly Neighbour[];
}

const linkJson = z.object({
  ifname: z.string(),
  mtu: z.number().default(0),
  flags: z.array(z.string()).default([]),
  linkinfo: z.object({ info_kind: z.string().optional() }).optional(),
  addr_info: z.array(z.object({ local: z.string().optional(), prefixlen: z.number().optional() })).default([]),
});
const hopJson = z.object({ dev: z.string().default(''), gateway: z.string().optional() });
const routeJson = hopJson.extend({
  dst: z.string(),
  type: z.string().default('unicast'),
  table: z.string().optional(),
  protocol: z.string().default('boot'),
  metric: z.number().default(0),
  prefsrc: z.string().optional(),
  nexthops: z.array(hopJson).optional(),
});
const neighbourJson = z.object({
  dst: z.string(),
  dev: z.string().default(''),
  state: z.array(z.string()).default([]),
});

/** Reads what `ip -json` prints. Nothing at all stands for an empty list. Throws where it is something else. */
const listOf = <T>(item: z.ZodType<T>, text: string): T[] => z.array(item).parse(JSON.parse(text || '[]'));

export const parseLinks = (text: string): NetworkLink[] =>
  listOf(linkJson, text).map(({ flags, ifname, linkinfo, mtu }) => ({
    name: ifname,
    mtu,
    up: flags.includes('UP') && flags.includes('LOWER_UP'),
    kind: linkinfo?.info_kind,
  }));

export const parseAddresses = (text: string): NodeAddress[] =>
  listOf(linkJson, text).flatMap(({ addr_info, ifname }) =>
    addr_info.flatMap(({ local, prefixlen }) =>
      local === undefined ? [] : [{ interface: ifname, cidr: `${local}/${prefixlen}` }],
    ),
  );

/** @param everything what `default` stands for */
export const parseRoutes = (text: string, everything: Prefix): NetworkRoute[] =>
  listOf(routeJson, text).flatMap(({ dst, metric, protocol, table, type, ...route }) => {
    const prefix = dst === 'default' ? everything : prefixOf(dst);
    const hops = (route.nexthops ?? [route]).map(({ dev, gateway }) => ({
      interface: dev,
      gateway: parseAddress(gateway ?? ''),
    }));
    return prefix === undefined ? [] : [{ prefix, table, type, protocol, metric, hops }];
  });

function prefixOf(text: string): Prefix | undefined {
  const address = parseAddress(text);
  return address === undefined ? parsePrefix(text) : hostPrefix(address);
}

export const parseNeighbours = (text: string): Neighbour[] =>
  listOf(neighbourJson, text).map(({ dev, dst, state }) => ({
    address: parseAddress(dst) ?? dst,
    interface: dev,
    state: state[0] ?? 'NONE',
  }));

/** How a packet for an address leaves. */
export interface Way {
  readonly interface: string;
  /** Undefined where the address is on the link itself. */
  readonly gateway: Address | undefined;
  /** As `unicast`; `local` for an address of the node itself. */
  readonly type: string;
  /** The address that the packet leaves with. */
  readonly source: Address | undefined;
}

/** What `ip -json route get` prints. */
export function parseWay(text: string): Way | undefined {
  const [route] = listOf(routeJson, text);
  return (
    route && {
      interface: route.dev,
      gateway: parseAddress(route.gateway ?? ''),
      type: route.type,
      source: parseAddress(route.prefsrc ?? ''),
    }
  );
}

/** The default routes of the table main. */
export const defaultRoutesIn = (routes: readonly NetworkRoute[]): DefaultRoute[] =>
  routes
    .filter(({ prefix, table, type }) => table === undefined && type === 'unicast' && prefix.endsWith('/0'))
    .map(({ hops, metric, prefix }) => ({ family: familyOf(prefix), metric, hops }));
