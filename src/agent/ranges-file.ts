import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { z } from 'zod';
import { parsePrefix, type Prefix } from '../model/address.ts';
import { explain } from '../model/error.ts';
import { isAbsent, writeWhole } from './whole-file.ts';

/** Where the ranges of the ServiceCIDRs are kept over a restart. It ends with the pod, or with the uptime of the host. */
export const RANGES_FILE = '/run/fairlead/ranges.json';

const keptJson = z.strictObject({ ranges: z.array(z.string().refine((text) => parsePrefix(text) === text)).min(1) });

/** What an earlier agent knew; undefined where there was none. A file that cannot be understood is one line in the log. */
export function readRangesFile(path: string, log: Pick<Logger, 'warn'>): readonly Prefix[] | undefined {
  try {
    return keptJson.parse(JSON.parse(readFileSync(path, 'utf8'))).ranges;
  } catch (error) {
    if (isAbsent(error)) return undefined;
    log.warn({ event: 'ranges-file-refused', file: path, problem: explain(error) }, 'the ranges are learned anew');
    return undefined;
  }
}

/** Where it cannot be written, the next agent has to wait for the API server. */
export function writeRangesFile(path: string, ranges: readonly Prefix[], log: Pick<Logger, 'warn'>): void {
  try {
    writeWhole(path, JSON.stringify({ ranges }));
  } catch (error) {
    log.warn(
      { event: 'ranges-not-kept', file: path, problem: explain(error) },
      'a restart would have to learn them anew',
    );
  }
}
