import { setTimeout as pause } from 'node:timers/promises';
import { explain, FairleadError } from '../model/error.ts';
import type { ExitCode } from './main.ts';
import { paint, type Screen } from './render/screen.ts';
import { renderStatus } from './render/one-node.ts';
import { framed } from './render/frame.ts';
import { duration, hanging, moment } from './render/text.ts';
import { transitions } from './render/transitions.ts';
import { exitCodeOf, jsonOf, look, type Seen } from './seen.ts';

export interface WatchOptions {
  /** Where the agent listens. */
  readonly socket: string;
  readonly json: boolean;
  /** As it is now: a terminal may change its size. */
  readonly screen: () => Screen;
}

/** How things stand: the last answer, and since when there is none (milliseconds since the epoch). */
interface View {
  readonly seen: Seen | undefined;
  readonly silent: { readonly since: number; readonly why: string } | undefined;
}

const EVERY_MS = 1000;
/** With nine times the length of a look between two of them, an agent with a large table is not kept busy by them. */
const REST = 9;

/**
 * Looks at the agent again and again until a signal comes: on a terminal in place, else a line for each transition. An agent
 * that does not answer is waited for. The exit code is that of the last look.
 */
export async function watch(options: WatchOptions): Promise<ExitCode> {
  const { isTTY } = process.stdout;
  const stopped = new AbortController();
  const stop = (): void => stopped.abort();
  for (const signal of SIGNALS) process.once(signal, stop);
  // Whoever read what is written may have gone.
  process.stdout.once('error', stop);
  const show = isTTY && !options.json ? onTerminal(options) : onPipe(options);
  let view: View = { seen: undefined, silent: undefined };
  try {
    show.begin();
    while (!stopped.signal.aborted) {
      const begun = performance.now();
      const before = view;
      view = await next(options, before);
      show.turn(before, view);
      const rest = Math.max(EVERY_MS, REST * (performance.now() - begun));
      await pause(rest, undefined, { signal: stopped.signal }).catch(() => {});
    }
  } finally {
    show.end();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
  return view.silent || view.seen === undefined ? 3 : exitCodeOf(view.seen.status);
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

async function next({ socket }: WatchOptions, { seen, silent }: View): Promise<View> {
  try {
    return { seen: await look(socket), silent: undefined };
  } catch (error) {
    if (!(error instanceof FairleadError)) throw error;
    return { seen, silent: silent ?? { since: Date.now(), why: explain(error) } };
  }
}

/** What shows one look after the other, and what stands before the first and behind the last. */
interface Show {
  begin(): void;
  turn(before: View, now: View): void;
  end(): void;
}

const write = (text: string): void => void process.stdout.write(text);

const ALTERNATE = '\u001B[?1049h\u001B[?25l';
const RESTORE = '\u001B[?25h\u001B[?1049l';
/** Of a terminal that does not say. */
const ROWS = 24;

const onTerminal = (options: WatchOptions): Show => ({
  begin: () => write(ALTERNATE),
  turn: (_, { seen, silent }) => {
    const screen = options.screen();
    const status = seen === undefined ? [] : renderStatus(screen, seen.status, seen.traffic).trimEnd().split('\n');
    write(framed([...silence(screen, silent), ...status], process.stdout.rows || ROWS));
  },
  end: () => write(RESTORE),
});

function silence(screen: Screen, silent: View['silent']): string[] {
  if (silent === undefined) return [];
  const line = `the agent does not answer since ${moment(silent.since)}, for ${duration(Date.now() - silent.since)}: ${silent.why}`;
  return [...hanging('', line, screen.width, '  ').map((one) => paint(screen, 'red', one)), ''];
}

const onPipe = ({ json }: WatchOptions): Show => ({
  begin: () => {},
  turn: (before, { seen, silent }) => {
    const lines = silent ? (before.silent ? [] : [`the agent does not answer: ${silent.why}`]) : answered(before, seen);
    if (lines.length === 0) return;
    const at = new Date().toISOString();
    if (json) write(silent || seen === undefined ? `${JSON.stringify({ at, problem: silent?.why })}\n` : jsonOf(seen));
    else for (const line of lines) write(`${at} ${line}\n`);
  },
  end: () => {},
});

function answered(before: View, seen: Seen | undefined): string[] {
  if (seen === undefined) return [];
  return [...(before.silent ? ['the agent answers'] : []), ...transitions(before.seen?.status, seen.status)];
}
