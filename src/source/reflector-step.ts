/** What a reflector remembers between two attempts to list and watch. */
export interface Progress {
  /** Where the watch goes on; undefined where everything has to be listed first. Opaque: never compared, never counted. */
  readonly resourceVersion: string | undefined;
  /** Attempts in a row that came to nothing. */
  readonly failures: number;
  /** Complete readings in a row that were called for before a watch has lasted. */
  readonly expiries: number;
  /** How long watches have been open since one last said a word, in milliseconds. */
  readonly wordlessMs: number;
  /** Until when everything is read in pages, for a watch-list was refused or did not come to its end. */
  readonly pagesUntilMs: number;
}

export const BEGINNING: Progress = {
  resourceVersion: undefined,
  failures: 0,
  expiries: 0,
  wordlessMs: 0,
  pagesUntilMs: 0,
};

/** Ten minutes: an API server that has been upgraded meanwhile may well have it. */
const PAGES_MS = 600_000;

/**
 * What a reflector asks for next: the watch where it was, or everything that there is. That comes as the beginning of a
 * watch (KEP-3157), which the API server answers out of its memory; in pages where that is known to fail, and from the
 * fourth attempt on every other time, for whatever it may be that a path to the server has against long answers.
 */
export function nextReading(progress: Progress, now: number): 'watch' | 'watch-list' | 'pages' {
  const { resourceVersion, pagesUntilMs, failures } = progress;
  if (resourceVersion !== undefined) return 'watch';
  return now < pagesUntilMs || (failures > 2 && failures % 2 === 1) ? 'pages' : 'watch-list';
}

/** Pages for a while, where a watch-list has led to nothing. */
export const withPages = (progress: Progress, now: number): Progress => ({ ...progress, pagesUntilMs: now + PAGES_MS });

/** How an attempt went, once its stream is over. */
export interface Attempt {
  readonly result:
    | { readonly kind: 'ended' }
    | {
        readonly kind: 'lost';
        readonly reason: string;
        readonly retryAfterMs: number;
        /** Whether it is known already that the server answers nothing else either. */
        readonly certain: boolean;
      }
    | { readonly kind: 'expired'; readonly reason: string };
  /** Whether the server has delivered anything of use: all that exists, or an event or bookmark after that. */
  readonly delivered: boolean;
  /** Whether a line has come, of whatever kind. */
  readonly spoke: boolean;
  /** How long the watch has lasted, from the moment the server accepted it and all that exists was known. */
  readonly livedMs: number;
}

export interface Pace {
  /** The first and the longest delay before a new attempt. client-go's reflector: 800 ms, 30 s, doubled, with jitter. */
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
  /** A stream that has lived this long was a good one. */
  readonly settledMs: number;
  /** The longest that a watch-list may take. */
  readonly readingMs: number;
  /** Watches that have said nothing for so long are not resumed: everything is read anew. */
  readonly wordlessMs: number;
  /** For so long a reading that is hard to believe has to be confirmed. */
  readonly doubtMs: number;
}

export const PACE: Pace = {
  firstDelayMs: 800,
  longestDelayMs: 30_000,
  settledMs: 5000,
  readingMs: 120_000,
  wordlessMs: 190_000,
  doubtMs: 30_000,
};

/** What to do after an attempt. `problem` is set where the source has to be called unreachable. */
export interface Step {
  readonly progress: Progress;
  readonly delayMs: number;
  readonly problem: string | undefined;
}

/** Five to ten minutes, as client-go asks for: the watches of a whole fleet do not end at one moment. */
export const watchSeconds = (random: number): string => String(Math.round(300 + 300 * random));

/** Two minutes: a server that asks for longer is asked again all the same. */
const LONGEST_RETRY_AFTER_MS = 120_000;

/**
 * The step after an attempt. A stream that ends after a good while is taken up again at once; a stream that breaks
 * after it has delivered something is no problem yet, for a restarted API server does that to everyone. `random` is
 * from 0 to 1.
 */
export function stepAfter(before: Progress, attempt: Attempt, random: number, pace: Pace = PACE): Step {
  const { result, livedMs } = attempt;
  const settled = livedMs >= pace.settledMs;
  const current = settled ? { ...before, failures: 0, expiries: 0 } : before;
  if (result.kind === 'expired') return stepAfterExpiry(current, result.reason, random, pace);
  const failures = failuresAfter(current, attempt, settled);
  const delayMs = Math.max(backoff(failures, random, pace), retryAfter(attempt));
  const hopeful = settled || (attempt.delivered && failures === 1);
  const problem = result.kind === 'lost' && (result.certain || !hopeful) ? result.reason : undefined;
  return { progress: { ...current, ...whereToGoOn(current, attempt, pace), failures }, delayMs, problem };
}

/**
 * An API server that was restored from a backup accepts a watch from a version that is still to come, and says nothing
 * until it has come past that: no event, no bookmark and no error (measured with 1.36).
 */
function whereToGoOn(before: Progress, { spoke, livedMs }: Attempt, pace: Pace): Partial<Progress> {
  const wordlessMs = spoke ? 0 : before.wordlessMs + livedMs;
  return wordlessMs < pace.wordlessMs ? { wordlessMs } : { wordlessMs: 0, resourceVersion: undefined };
}

/** The first new reading is made at once. It is what costs an API server most, so that the next ones have to wait. */
function stepAfterExpiry(before: Progress, reason: string, random: number, pace: Pace): Step {
  const { expiries } = before;
  return {
    progress: { ...before, resourceVersion: undefined, wordlessMs: 0, expiries: expiries + 1 },
    delayMs: backoff(expiries, random, pace),
    problem: expiries === 0 ? undefined : reason,
  };
}

function failuresAfter({ failures }: Progress, { result, delivered }: Attempt, settled: boolean): number {
  if (settled && result.kind === 'ended') return 0;
  return delivered ? 1 : failures + 1;
}

function backoff(failures: number, random: number, { firstDelayMs, longestDelayMs }: Pace): number {
  if (failures === 0) return 0;
  return Math.min(longestDelayMs, firstDelayMs * 2 ** Math.min(failures - 1, 30)) * (0.5 + random);
}

const retryAfter = ({ result }: Attempt): number =>
  result.kind === 'lost' ? Math.min(result.retryAfterMs, LONGEST_RETRY_AFTER_MS) : 0;
