import { readFileSync, rmSync } from 'node:fs';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { KeptDrain } from '../announce/drain.ts';
import { DRAIN_STAGES, type DrainOrder, TURN_STEPS } from '../model/drain.ts';
import { explain } from '../model/error.ts';
import { isAbsent, writeWhole } from './whole-file.ts';

/** Where a drain is kept over a restart of the agent. It ends with the pod, or with the uptime of the host. */
export const DRAIN_FILE = '/run/fairlead/drain.json';

/** What outlives the agent. */
export interface Kept {
  readonly order: DrainOrder | undefined;
  readonly drain: KeptDrain | undefined;
}

const NOTHING: Kept = { order: undefined, drain: undefined };

const keptJson = z.strictObject({
  order: z.strictObject({ at: z.number(), timeoutMs: z.number() }).optional(),
  drain: z
    .strictObject({
      stage: z.enum(DRAIN_STAGES),
      by: z.array(z.string()).min(1),
      startedAt: z.number(),
      since: z.number(),
      deadline: z.number(),
      took: z.partialRecord(z.enum(DRAIN_STAGES), z.number()),
      turn: z.strictObject({ step: z.enum(TURN_STEPS), number: z.number() }).optional(),
    })
    .optional(),
});

/** The file itself. It is always whole, is root's alone, and is not there while nothing is to be kept. */
export class DrainFile {
  readonly #path: string;
  readonly #log: Logger;
  /** What it holds. */
  #text = '';

  constructor(path: string, log: Logger) {
    this.#path = path;
    this.#log = log;
  }

  /** What an earlier agent kept. A file that cannot be understood is one line in the log, and no drain. */
  read(): Kept {
    try {
      this.#text = readFileSync(this.#path, 'utf8');
      const { drain, order } = keptJson.parse(JSON.parse(this.#text));
      return { drain: drain && { ...drain, turn: drain.turn }, order };
    } catch (error) {
      if (isAbsent(error)) return NOTHING;
      const problem = explain(error);
      this.#log.error({ event: 'drain-file-refused', file: this.#path, problem }, 'a kept drain is left out');
      return NOTHING;
    }
  }

  /** Where it cannot be written, the drain goes on and only does not survive the agent. */
  keep(kept: Kept): void {
    const text = textOf(kept);
    if (text === this.#text) return;
    this.#text = text;
    try {
      if (text === '') rmSync(this.#path, { force: true });
      else writeWhole(this.#path, text);
    } catch (error) {
      const problem = explain(error);
      this.#log.warn({ event: 'drain-not-kept', file: this.#path, problem }, 'a restart would forget the drain');
    }
  }
}

function textOf({ drain, order }: Kept): string {
  if (drain === undefined && order === undefined) return '';
  if (drain === undefined) return JSON.stringify({ order });
  const { by, deadline, since, stage, startedAt, took, turn } = drain;
  return JSON.stringify({ order, drain: { stage, by, startedAt, since, deadline, took, turn } });
}
