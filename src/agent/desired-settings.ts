import type { DesiredSettings } from '../model/desired.ts';
import type { AddressKind } from '../model/service-addresses.ts';
import type { AgentParts } from './parts.ts';

/** How Services become what this node serves and announces. */
export function desiredSettings({ config, ranges }: Pick<AgentParts, 'config' | 'ranges'>): DesiredSettings {
  const { externalIPs, loadBalancerIPs, scheduling, topologyHints } = config.dataplane;
  const { nodeAddresses, usable } = ranges;
  const addresses = { ranges: usable, externalIPs, loadBalancerIPs, nodeAddresses };
  const { services } = config.announcement;
  const kinds = (['externalIPs', 'loadBalancerIPs'] as const).filter((kind) => services[kind]);
  const announcedKinds = new Set<AddressKind>(kinds);
  return { ...addresses, node: config.node, scheduling, topologyHints, announcedKinds };
}
