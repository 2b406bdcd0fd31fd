import type { Status } from '../model/status.ts';
import { virtualServerKey } from '../model/virtual-server.ts';
import { busiest } from './page/servers.ts';
import type { Seen, View } from './page/page.ts';
import type { AskTraffic } from './traffic.ts';

/** What a page is made of. */
export interface Sources {
  readonly status: () => Status;
  readonly traffic: AskTraffic;
}

/** All that somebody sees. Which virtual servers those are is known by their traffic, and then their real servers are looked at. */
export async function look({ status, traffic }: Sources, { filter }: View): Promise<Seen> {
  const all = await traffic();
  const before = busiest(status(), all, filter).servers.map(virtualServerKey);
  const detail = all.known && before.length > 0 ? await traffic(before) : all;
  // The newest there is: a reading of thousands takes its time.
  const now = status();
  return { status: now, shown: { ...busiest(now, all, filter), traffic: all, detail } };
}
