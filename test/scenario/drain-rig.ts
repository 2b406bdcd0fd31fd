import { expect } from 'vitest';
import type { Drain } from '../../src/model/drain.ts';
import { eventually, type Rig } from './agent-rig.ts';
import type { Gobgpd } from './gobgpd.ts';

export const node = (metadata: string, spec = '{}'): string => `apiVersion: v1
kind: Node
metadata: { name: lb-1, ${metadata} }
spec: ${spec}
`;
export const DRAIN_ME = node('annotations: { fairlead.io/drain: "true" }');

/** 65535:0, as gobgpd counts (RFC 8326). */
const SHUTDOWN = 0xffff_0000;

/** How gobgpd announces the range: `full`, `deprioritised` or `nothing`. */
export async function announcedBy(gobgpd: Gobgpd): Promise<string> {
  const [path] = await gobgpd.table();
  if (path === undefined) return 'nothing';
  const low = path.communities.includes(SHUTDOWN) && path.med === 1000;
  return low ? 'deprioritised' : 'full';
}

export const drainOf = (rig: Rig): Drain | undefined => rig.status.drain;
export const reaches = (rig: Rig, stage: string): Promise<void> =>
  eventually(() => expect(drainOf(rig)?.stage).toBe(stage), 15_000);
export const stagesLogged = (rig: Rig): unknown[] =>
  rig.lines.filter(({ event }) => event === 'drain').map(({ stage }) => stage);
