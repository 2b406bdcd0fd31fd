import type { Group } from './group.ts';
import { kernelClockFindings } from './kernel-clock.ts';

export const kernelClockGroup: Group = async () => {
  const { isClockKept } = await import('../dataplane/netlink/libc.ts');
  return kernelClockFindings(isClockKept());
};
