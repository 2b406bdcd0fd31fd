import { acceptRa, IPV6_FORWARDING, type Sysctl } from './want.ts';

/** What was read for each setting; undefined where the kernel has no such setting. */
export type SysctlValues = ReadonlyMap<string, string | undefined>;

/** A setting that differs from what is wanted. */
export interface Difference extends Sysctl {
  readonly found: string | undefined;
}

/**
 * What has to be set, in this order. A node that forwards IPv6 ignores router advertisements where accept_ra is 1, and
 * would lose the default route it has from them within minutes. So an interface that listens now is told to go on
 * listening, before forwarding is switched on; one that comes later is left as the kernel makes it.
 *
 * @param listening reads the interfaces by name with their accept_ra; asked only before forwarding is switched on
 */
export function planSysctls(
  wanted: readonly Sysctl[],
  actual: SysctlValues,
  listening: () => SysctlValues = () => new Map(),
): Difference[] {
  const wrong = wanted
    .filter(({ key, value }) => actual.get(key) !== value)
    .map((sysctl) => ({ ...sysctl, found: actual.get(sysctl.key) }));
  return wrong.some(({ key, found }) => key === IPV6_FORWARDING && found !== undefined)
    ? [...keepListening(listening()), ...wrong]
    : wrong;
}

const keepListening = (interfaces: SysctlValues): Difference[] =>
  [...interfaces]
    .filter(([, found]) => found === '1')
    .map(([name, found]) => ({ key: acceptRa(name), value: '2', found }));

/** `net/ipv4/ip_forward: expected 1, found 0` */
export const formatDifference = ({ key, value, found }: Difference): string =>
  `${key}: expected ${value}, found ${found ?? 'no such setting'}`;

/**
 * What puts settings back as they were: the last one that was changed first, and only what this kernel still has and
 * what is not so already.
 *
 * @param originals in the order in which they were changed
 */
export const planRestore = (originals: ReadonlyMap<string, string>, actual: SysctlValues): Difference[] =>
  [...originals]
    .toReversed()
    .map(([key, value]) => ({ key, value, found: actual.get(key) }))
    .filter(({ found, value }) => found !== undefined && found !== value);
