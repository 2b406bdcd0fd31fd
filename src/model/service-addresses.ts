import { type Address, familyOf, type Prefix, prefixContains } from './address.ts';
import type { Service, Skipped, TrafficPolicy } from './snapshot.ts';

export interface AddressSettings {
  /** The prefixes this node owns: the only ClusterIPs that are served are in there. */
  readonly ranges: readonly Prefix[];
  /** What may be served of spec.externalIPs and of status.loadBalancer.ingress; nothing where it is empty. */
  readonly externalIPs: readonly Prefix[];
  readonly loadBalancerIPs: readonly Prefix[];
  /** The addresses of this node itself: never served, whoever asks for it. */
  readonly nodeAddresses: ReadonlySet<Address>;
}

/** In which way a Service has an address. */
export type AddressKind = 'clusterIPs' | 'externalIPs' | 'loadBalancerIPs';

/** An address of a Service that is served, with the policy that holds for it. */
export interface ServedAddress {
  readonly address: Address;
  readonly policy: TrafficPolicy;
  /** The ways in which the Service has it and each of which is enough to serve it: at least one. */
  readonly kinds: readonly AddressKind[];
}

/** Which addresses of a Service are served, each once, and why the others are not. */
export function addressesOf(
  service: Service,
  settings: AddressSettings,
): { served: ServedAddress[]; skipped: Skipped[] } {
  const served = new Map<Address, ServedAddress>();
  const skipped = new Map<Address, Skipped>();
  for (const { address, kind, policy, refused } of judgedAddresses(service, settings)) {
    const refusal = refused ?? (settings.nodeAddresses.has(address) ? OWN_ADDRESS : undefined);
    const before = served.get(address) ?? { address, policy, kinds: [] };
    if (refusal !== undefined) skipped.set(address, skip(service, address, refusal));
    else served.set(address, { ...before, kinds: [...before.kinds, kind] });
  }
  return {
    served: [...served.values()],
    // One address may come in two ways, and one of them is enough.
    skipped: [...skipped].filter(([address]) => !served.has(address)).map(([, entry]) => entry),
  };
}

type Refusal = Pick<Skipped, 'reason' | 'detail'>;

interface JudgedAddress extends Omit<ServedAddress, 'kinds'> {
  readonly kind: AddressKind;
  readonly refused: Refusal | undefined;
}

const OWN_ADDRESS: Refusal = { reason: 'node-address', detail: 'is an address of this node itself' };

function judgedAddresses(service: Service, settings: AddressSettings): JudgedAddress[] {
  const { clusterIPs, externalIPs, externalTrafficPolicy, internalTrafficPolicy, loadBalancerIPs } = service;
  return [
    ...clusterIPs.map((address) => ({
      address,
      kind: 'clusterIPs' as const,
      policy: internalTrafficPolicy,
      refused: refuseClusterIP(address, settings),
    })),
    ...externalIPs.map((address) => ({
      address,
      kind: 'externalIPs' as const,
      policy: externalTrafficPolicy,
      refused: refuseExternal(address, 'externalIPs', settings),
    })),
    ...loadBalancerIPs.map((address) => ({
      address,
      kind: 'loadBalancerIPs' as const,
      policy: externalTrafficPolicy,
      refused: refuseExternal(address, 'loadBalancerIPs', settings) ?? (service.restricted ? RESTRICTED : undefined),
    })),
  ];
}

/** Serving such an address would let in whom the Service keeps out. */
const RESTRICTED: Refusal = {
  reason: 'source-ranges-not-enforced',
  detail: 'is not served: spec.loadBalancerSourceRanges keeps some clients out, and fairlead keeps nobody out',
};

function refuseClusterIP(address: Address, { externalIPs, loadBalancerIPs, ranges }: AddressSettings) {
  if (isIn(ranges, address)) return undefined;
  const families = new Set([...ranges, ...externalIPs, ...loadBalancerIPs].map(familyOf));
  const family = familyOf(address);
  return families.has(family)
    ? ({ reason: 'outside-ranges', detail: `is in none of ${ranges.join(', ')}` } as const)
    : ({ reason: 'family-not-served', detail: `is ${family}; served: ${[...families].join(', ')}` } as const);
}

/** CVE-2020-8554: whoever may write a Service could draw the traffic of any address to himself. */
function refuseExternal(
  address: Address,
  kind: 'externalIPs' | 'loadBalancerIPs',
  settings: AddressSettings,
): Refusal | undefined {
  const allowed = settings[kind];
  if (isIn(allowed, address)) return undefined;
  return allowed.length === 0
    ? { reason: 'external-ip-off', detail: `is not served: dataplane.${kind} is empty` }
    : { reason: 'external-ip-not-allowed', detail: `is in none of ${allowed.join(', ')} (dataplane.${kind})` };
}

const isIn = (prefixes: readonly Prefix[], address: Address): boolean =>
  prefixes.some((prefix) => prefixContains(prefix, address));

const skip = ({ namespace, name }: Service, address: Address, { reason, detail }: Refusal): Skipped => ({
  object: `Service ${namespace}/${name}`,
  reason,
  detail: `${address} ${detail}`,
});
