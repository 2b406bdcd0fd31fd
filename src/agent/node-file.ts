import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { z } from 'zod';
import { parseAddress } from '../model/address.ts';
import { explain } from '../model/error.ts';
import type { Gateways } from './gateways.ts';
import type { Labels } from './selector.ts';
import { isAbsent, writeWhole } from './whole-file.ts';

/** Where what the agent has learned of its node is kept over a restart. It ends with the pod, or with the uptime of the host. */
export const NODE_FILE = '/run/fairlead/node.json';

/** What a node says of itself, and what the next agent may not get to know before it has to have its peers. */
export interface KnownNode {
  readonly labels: Labels | undefined;
  readonly gateways: Gateways;
}

const NOTHING: KnownNode = { labels: undefined, gateways: new Map() };

const knownJson = z.strictObject({
  labels: z.record(z.string(), z.string()).optional(),
  gateways: z.record(z.string(), z.array(z.string().refine((text) => parseAddress(text) === text))),
});

/** What an earlier agent learned. A file that cannot be understood is one line in the log, and says nothing. */
export function readNodeFile(path: string, log: Pick<Logger, 'warn'>): KnownNode {
  try {
    const { gateways, labels } = knownJson.parse(JSON.parse(readFileSync(path, 'utf8')));
    return { labels, gateways: new Map(Object.entries(gateways)) };
  } catch (error) {
    if (isAbsent(error)) return NOTHING;
    log.warn({ event: 'node-file-refused', file: path, problem: explain(error) }, 'what was known is learned anew');
    return NOTHING;
  }
}

/** Where it cannot be written, the next agent has to wait for what it needs to know. */
export function writeNodeFile(path: string, { gateways, labels }: KnownNode, log: Pick<Logger, 'warn'>): void {
  try {
    writeWhole(path, JSON.stringify({ labels, gateways: Object.fromEntries(gateways) }));
  } catch (error) {
    log.warn({ event: 'node-not-kept', file: path, problem: explain(error) }, 'a restart would have to learn it anew');
  }
}
