import { setTimeout as pause } from 'node:timers/promises';
import type { Drain } from '../model/drain.ts';
import { FairleadError } from '../model/error.ts';
import type { Status } from '../model/status.ts';
import { askStatus, giveOrder } from './agent-socket.ts';
import { drainProgress, type Progress, undrainProgress } from './follow.ts';
import type { ExitCode } from './main.ts';

export interface DrainOptions {
  readonly socket: string;
  /** Whether to stay until it is done. */
  readonly wait?: true;
  /** Milliseconds; undefined for what the agent is configured to take. */
  readonly timeout?: number;
  /** One JSON value on each line, for machines. */
  readonly json?: true;
}

/**
 * `fairlead drain`: orders the agent of this node to hand its traffic over. Exit code 1 where it was to be waited for and
 * connections are left. Throws `agent-unreachable` and `order-refused`.
 */
export async function drain(options: DrainOptions & { readonly untilExit?: true }): Promise<ExitCode> {
  const { json, socket, timeout, untilExit = false, wait } = options;
  const order = { untilExit, ...(timeout !== undefined && { timeoutMs: timeout }) };
  const answer = (await giveOrder(socket, '/drain', order)) as { readonly drain: Drain | null };
  if (answer.drain === null) return nothingToDrain(json);
  return wait ? await follow(socket, json, drainProgress) : await tell(socket, json, drainProgress);
}

/** Its end was ordered to be a hand-over: the traffic stays where it is. */
function nothingToDrain(json: true | undefined): ExitCode {
  const line = 'nothing to drain: this agent hands over to the next one';
  process.stdout.write(`${json ? JSON.stringify({ drain: null, done: true }) : line}\n`);
  return 0;
}

const UNDRAIN_MS = 300_000;

/**
 * `fairlead undrain`: calls the order off. Exit code 1 where something else asks for the drain still, or where the
 * announcement was to be waited for and does not come. Throws `agent-unreachable` and `order-refused`.
 */
export async function undrain({ json, socket, timeout = UNDRAIN_MS, wait }: DrainOptions): Promise<ExitCode> {
  await giveOrder(socket, '/undrain', {});
  let deadline: number | undefined;
  const progress = (status: Status): Progress => undrainProgress(status, (deadline ??= status.at + timeout));
  return wait ? await follow(socket, json, progress) : await tell(socket, json, progress);
}

type Judge = (status: Status) => Progress;

const POLL_MS = 500;
/** An agent that is started anew goes on with what it was ordered. */
const PATIENCE_MS = 10_000;

/** Says once how things stand. What is still to come is no failure. */
async function tell(socket: string, json: true | undefined, judge: Judge): Promise<ExitCode> {
  const { status } = await askStatus(socket);
  const progress = judge(status);
  write(progress, status, json);
  return progress.code ?? 0;
}

async function follow(socket: string, json: true | undefined, judge: Judge): Promise<ExitCode> {
  let said = '';
  for (;;) {
    const { status } = await askPatiently(socket);
    const progress = judge(status);
    const news = subjectOf(progress);
    if (news !== said || progress.code !== undefined) write(progress, status, json);
    said = news;
    if (progress.code !== undefined) return progress.code;
    await pause(POLL_MS);
  }
}

async function askPatiently(socket: string): Promise<{ readonly status: Status }> {
  const until = performance.now() + PATIENCE_MS;
  for (;;) {
    try {
      return await askStatus(socket);
    } catch (error) {
      if (!(error instanceof FairleadError) || performance.now() > until) throw error;
      await pause(POLL_MS);
    }
  }
}

/** The line without the time that is left: that alone is no news. */
const subjectOf = ({ line }: Progress): string => line.replace(/, \d+ s left$/, '');

function write({ code, line }: Progress, { announcement, drain: now }: Status, json: true | undefined): void {
  const value: { drain: Drain | null; announcement: Status['announcement']; done: boolean } = {
    drain: now ?? null,
    announcement,
    done: code === 0,
  };
  process.stdout.write(`${json ? JSON.stringify(value) : line}\n`);
}
