import type { SchedulerFlag } from './virtual-server.ts';

/** How IPVS chooses a real server for a new connection. */
export interface Scheduling {
  /** An IPVS scheduler, as in `ipvsadm -s`. */
  readonly scheduler: string;
  /** In a fixed order, each once. */
  readonly flags: readonly SchedulerFlag[];
}

/** The schedulers of the kernel: net/netfilter/ipvs/ip_vs_*.c, `ipvsadm -s`. */
const SCHEDULERS = ['rr', 'wrr', 'lc', 'wlc', 'fo', 'ovf', 'lblc', 'lblcr', 'dh', 'sh', 'mh', 'sed', 'nq', 'twos'];

/** Schedulers that read flags, as in `ipvsadm -b`: `sh-fallback`, `sh-port`, `mh-fallback`, `mh-port`. */
const FLAGGED: ReadonlySet<string> = new Set(['sh', 'mh']);

const FLAGS: readonly SchedulerFlag[] = ['fallback', 'port'];

/** What `parseScheduling` takes, in words that follow "expected". */
export const SCHEDULING_EXPECTED = `one of ${SCHEDULERS.join(', ')}, or sh or mh with their flags such as mh,mh-port,mh-fallback`;

/** `rr`, or a scheduler with flags of its own behind it: `mh,mh-port,mh-fallback`. Undefined for any other text. */
export function parseScheduling(text: string): Scheduling | undefined {
  const [scheduler = '', ...written] = text.split(',');
  const offered = FLAGGED.has(scheduler) ? FLAGS : [];
  const flags = offered.filter((flag) => written.includes(`${scheduler}-${flag}`));
  return SCHEDULERS.includes(scheduler) && flags.length === written.length ? { scheduler, flags } : undefined;
}
