import type { ConntrackFacts } from './conntrack.ts';
import { textIn } from './look.ts';

export function conntrackFacts(): ConntrackFacts | undefined {
  const max = numberIn('max');
  const count = numberIn('count');
  return max === undefined || count === undefined ? undefined : { max, count, buckets: numberIn('buckets') };
}

function numberIn(name: string): number | undefined {
  const text = textIn(`/proc/sys/net/netfilter/nf_conntrack_${name}`);
  return text === undefined ? undefined : Number(text);
}
