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

/** An address of a Service that is served, with the policy that holds for it. */
export interface ServedAddress {
  readonly address: Address;
  readonly policy: TrafficPolicy;
}

/** Which addresses of a Service are served, each once, and why the others are not. */
export function addressesOf(
  service: Service,
  settings: AddressSettings,
): { served: ServedAddress[]; skipped: Skipped[] } {
  const served = new Map<Address, TrafficPolicy>();
  const skipped = new Map<Address, Skipped>();
  for (const { address, policy, refused } of judgedAddresses(service, settings)) {
    const refusal = refused ?? (settings.nodeAddresses.has(address) ? OWN_ADDRESS : undefined);
    if (refusal !== undefined) skipped.set(address, skip(service, address, refusal));
    else if (!served.has(address)) served.set(address, policy);
  }
  return {
    served: [...served].map(([address, policy]) => ({ address, policy })),
    // One address may come in two ways, and one of them is enough.
    skipped: [...skipped].filter(([address]) => !served.has(address)).map(([, entry]) => entry),
  };
}

type Refusal = Pick<Skipped, 'reason' | 'detail'>;

interface JudgedAddress extends ServedAddress {
  readonly refused: Refusal | undefined;
}

const OWN_ADDRESS: Refusal = { reason: 'node-address', detail: 'is an address of this node itself' };

function judgedAddresses(service: Service, settings: AddressSettings): JudgedAddress[] {
  const { clusterIPs, externalIPs, externalTrafficPolicy, internalTrafficPolicy, loadBalancerIPs } = service;
  return [
    ...clusterIPs.map((address) => ({
      address,
      policy: internalTrafficPolicy,
      refused: refuseClusterIP(address, settings),
    })),
    ...externalIPs.map((address) => ({
      address,
      policy: externalTrafficPolicy,
      refused: refuseExternal(address, 'externalIPs', settings),
    })),
    ...loadBalancerIPs.map((address) => ({
      address,
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
