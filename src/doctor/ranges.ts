import { addressOf, type NodeAddress, usableRanges } from '../agent/ranges.ts';
import { isWithin } from '../dataplane/concern.ts';
import { isHostPrefix, parsePrefix, type Prefix, prefixAddress, prefixContains } from '../model/address.ts';
import { error, type Finding, ok, warning } from './finding.ts';
import type { Network, NetworkRoute } from './network.ts';

/** What of this node stands in the way of each range, or lies in it and is lost once the range is bound. */
export function rangeFindings(ranges: readonly Prefix[], { addresses, routes }: Network): Finding[] {
  if (ranges.length === 0)
    return [
      warning(
        'range',
        'none is known: the ServiceCIDRs could not be read',
        'see the lines of the API server, or set `ranges`',
      ),
    ];
  return ranges.flatMap((range) => {
    const wrong = [...addressFindings(range, addresses), ...routeFindings(range, routes)];
    return wrong.length > 0 ? wrong : [ok(`range: ${range}`, 'no address or route of this node is in it')];
  });
}

/** A range that holds the node's network is left out by the agent; an address of its own in it was bound by another proxy. */
function addressFindings(range: Prefix, addresses: readonly NodeAddress[]): Finding[] {
  const inside = addresses.filter((one) => isLone(one) && prefixContains(range, addressOf(one) ?? ''));
  const networks = addresses.filter((one) => !isLone(one));
  const check = `range: ${range}` as const;
  const bound = inside
    .slice(0, MOST)
    .map((one) =>
      error(
        check,
        `${one.cidr} is bound on ${one.interface}: the agent leaves the range out`,
        `end what bound it (kube-proxy or kube-router), then \`ip addr del ${one.cidr} dev ${one.interface}\``,
      ),
    );
  const { overlaps } = usableRanges([range], networks);
  return [
    ...bound,
    ...overlaps.map((why) =>
      error(check, `${why}: the agent leaves it out`, 'take the network of the node out of `ranges`'),
    ),
  ];
}

/** Of very many of one kind, so many are told. */
const MOST = 3;

const isLone = ({ cidr }: NodeAddress): boolean => {
  const prefix = parsePrefix(cidr);
  return prefix !== undefined && isHostPrefix(prefix);
};

/** Bound, the whole range is this node's own: whatever else is routed to inside of it is out of reach from here. */
function routeFindings(range: Prefix, routes: readonly NetworkRoute[]): Finding[] {
  const inside = routes.filter((route) => isForeign(route) && isWithin(route.prefix, range));
  return inside.slice(0, MOST).map((route) => {
    const way = route.hops.map((hop) => [hop.gateway ?? [], hop.interface].flat().join(' on ')).join(', ');
    const found = `a route of ${route.protocol} leads ${route.prefix} to ${way || route.type}: out of reach once the range is bound`;
    return error(`range: ${range}`, found, `take it out of \`ranges\`, or delete the route: \`${deletion(route)}\``);
  });
}

/** Neither ours, which are local and unreachable, nor the backstop of anybody's aggregate, nor what an address makes. */
const isForeign = ({ table, type }: NetworkRoute): boolean => table !== 'local' && type === 'unicast';

const deletion = ({ hops, metric, prefix, table }: NetworkRoute): string =>
  [
    `ip ${prefixAddress(prefix).includes(':') ? '-6 ' : ''}route del ${prefix}`,
    ...(hops.length === 1 ? [`dev ${hops[0]?.interface}`] : []),
    ...(metric > 0 ? [`metric ${metric}`] : []),
    ...(table === undefined ? [] : [`table ${table}`]),
  ].join(' ');
