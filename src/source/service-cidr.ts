import { parseAddress, parsePrefix, type Prefix, prefixAddress } from '../model/address.ts';
import type { Skipped } from '../model/snapshot.ts';
import type { Decoded } from './decode.ts';
import { brief, isObject, objectAt, textAt } from './json.ts';

/** A ServiceCIDR (networking.k8s.io/v1, KEP-1880): prefixes that Services have their addresses from. */
export interface ServiceCidr {
  readonly name: string;
  /** One, or one of each family; each as the API has it. */
  readonly prefixes: readonly Prefix[];
}

/**
 * A ServiceCIDR. One that is being deleted counts until it is gone: its finalizer holds it for as long as a Service has an
 * address in it. A prefix that cannot be used is left out, and the rest of it counts. Never throws, whatever the value is.
 */
export function decodeServiceCidr(raw: unknown): Decoded<ServiceCidr> {
  const name = isObject(raw) ? textAt(objectAt(raw, 'metadata'), 'name') : undefined;
  if (!isObject(raw) || name === undefined) return leftOut('ServiceCIDR', 'expected an object with metadata.name');
  const object = `ServiceCIDR ${name}`;
  const { cidrs } = objectAt(raw, 'spec');
  if (!Array.isArray(cidrs) || cidrs.length === 0) {
    return leftOut(object, `spec.cidrs is ${brief(cidrs)}; expected a list of at least one prefix`);
  }
  const read = cidrs.map((written: unknown) => readCidr(object, written));
  const prefixes = read.flatMap(({ value }) => value ?? []);
  const skipped = read.flatMap((one) => one.skipped);
  return { value: prefixes.length === 0 ? undefined : { name, prefixes }, skipped };
}

/** The API server takes no bits behind the length (ValidateServiceCIDR, pkg/apis/networking/validation). */
function readCidr(object: string, written: unknown): Decoded<Prefix> {
  const prefix = typeof written === 'string' ? parsePrefix(written) : undefined;
  if (typeof written !== 'string' || prefix === undefined) {
    return leftOut(object, `spec.cidrs has ${brief(written)}; expected a prefix such as 10.99.66.0/23`);
  }
  const isWhole = parseAddress(written.slice(0, written.indexOf('/'))) === prefixAddress(prefix);
  return isWhole
    ? { value: prefix, skipped: [] }
    : leftOut(object, `spec.cidrs has ${brief(written)}; expected ${prefix} (no bit set behind the prefix length)`);
}

const leftOut = (object: string, detail: string): Decoded<never> => ({
  value: undefined,
  skipped: [{ object, reason: 'object-invalid', detail } satisfies Skipped],
});
