import { type Finding, ok, warning } from './finding.ts';

/** @param synchronised what the kernel says of its own clock; undefined where it does not say */
export function kernelClockFindings(synchronised: boolean | undefined): Finding[] {
  if (synchronised === undefined) return [];
  if (synchronised) return [ok('kernel clock', 'a time service keeps it')];
  const found = 'no time service keeps it: tokens and certificates go by it, and the times in logs and Events';
  return [warning('kernel clock', found, 'run a time service on the node (chrony, systemd-timesyncd, ntpd)')];
}
