import { readFileSync } from 'node:fs';
import type { LinkSpeed } from './weight.ts';

/**
 * The speed of an interface in Mbit/s as the kernel has it: what `ethtool` shows, and of a bond the sum of its ports that
 * are up. Undefined where the kernel says -1 or refuses (Documentation/ABI/testing/sysfs-class-net): most virtual
 * interfaces have no speed, and none has one without a carrier.
 *
 * @param name undefined where there is no interface to look at
 */
export function readLinkSpeed(name: string | undefined): LinkSpeed {
  return {
    interface: name,
    megabitsPerSecond: name === undefined ? undefined : speedIn(`/sys/class/net/${name}/speed`),
  };
}

function speedIn(file: string): number | undefined {
  try {
    const speed = Number(readFileSync(file, 'utf8'));
    return speed > 0 ? speed : undefined;
  } catch {
    return undefined;
  }
}
