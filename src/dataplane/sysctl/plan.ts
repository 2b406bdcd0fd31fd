import type { Sysctl } from './want.ts';

/** What was read for each setting; undefined where the kernel has no such setting. */
export type SysctlValues = ReadonlyMap<string, string | undefined>;

/** A setting that differs from what is wanted. */
export interface Difference extends Sysctl {
  readonly found: string | undefined;
}

export const planSysctls = (wanted: readonly Sysctl[], actual: SysctlValues): Difference[] =>
  wanted
    .filter(({ key, value }) => actual.get(key) !== value)
    .map((sysctl) => ({ ...sysctl, found: actual.get(sysctl.key) }));

/** `net/ipv4/ip_forward: expected 1, found 0` */
export const formatDifference = ({ key, value, found }: Difference): string =>
  `${key}: expected ${value}, found ${found ?? 'no such setting'}`;
