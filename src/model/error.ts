/** Every error code there is. A code is never renamed or used for something else; docs/conditions.md says what each means. */
export const ERROR_CODES = [
  'config-invalid',
  'config-unreadable',
  'netlink-failed',
  'kernel-refused',
  'command-failed',
  'command-not-run',
  'gobgpd-failed',
  'already-running',
  'still-announced',
  'agent-unreachable',
  'order-refused',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** An error with a stable code, the cause below it, and a hint at what a person can do. */
export class FairleadError extends Error {
  override readonly name = 'FairleadError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, { hint, cause }: { hint?: string; cause?: unknown } = {}) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** errno(3): what a process runs out of. */
const LACKS: ReadonlySet<unknown> = new Set(['EMFILE', 'ENFILE', 'ENOMEM', 'EAGAIN']);

/**
 * Whether this process could not do its work for want of something, such as file descriptors or a program: nothing is
 * known then of what the work was about.
 */
export function isLack(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const lacks = 'code' in error && (error.code === 'command-not-run' || LACKS.has(error.code));
  return lacks || isLack(error.cause);
}

/** The message of anything thrown, with the messages of its causes behind it. */
export function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause === undefined ? error.message : `${error.message}: ${explain(error.cause)}`;
}
