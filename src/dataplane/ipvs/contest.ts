/** How often one virtual server or real server had to be put right, by the times of a clock in milliseconds. */
interface Contest {
  /** The latest repairs. */
  readonly repairs: readonly number[];
  /** When somebody else's change was last found. */
  readonly foundAt: number;
  /** Set while it is contested: before that it is left as it is. */
  readonly retryAt: number | undefined;
}

/** So many repairs in so short a time are no accident. */
const REPAIRS = 5;
const WITHIN_MS = 30_000;
/** How long a contested one is left alone before one more try, and how long it has to stay right to be ours again. */
const QUIET_MS = 60_000;

/**
 * Somebody else's change was found: whether to put it right. Two owners that undo each other's work would reset
 * connections for ever, so after a few repairs it is left as it is, but for one try from time to time.
 */
function stepContest(contest: Contest | undefined, at: number): { contest: Contest; repair: boolean } {
  const repairs = (contest?.repairs ?? []).filter((time) => at - time < WITHIN_MS);
  const retryAt = contest?.retryAt;
  if (retryAt === undefined && repairs.length < REPAIRS) {
    return { contest: { repairs: [...repairs, at], foundAt: at, retryAt }, repair: true };
  }
  const repair = retryAt !== undefined && at >= retryAt;
  const holds = retryAt !== undefined && !repair;
  return { contest: { repairs, foundAt: at, retryAt: holds ? retryAt : at + QUIET_MS }, repair };
}

/** Whether nothing was found for so long that what was before no longer counts. */
const isOver = ({ foundAt }: Contest, at: number): boolean => at - foundAt >= QUIET_MS;

/** The contests of one table, by what they are about. */
export class Contests {
  readonly #contests = new Map<string, Contest>();

  get isEmpty(): boolean {
    return this.#contests.size === 0;
  }

  /** To be asked once for each change of somebody else that is found. */
  mayRepair(subject: string, at: number): boolean {
    const { contest, repair } = stepContest(this.#contests.get(subject), at);
    this.#contests.set(subject, contest);
    return repair;
  }

  isContested(subject: string): boolean {
    return this.#contests.get(subject)?.retryAt !== undefined;
  }

  /** What is contested at the moment. */
  contested(at: number): string[] {
    for (const [subject, contest] of this.#contests) if (isOver(contest, at)) this.#contests.delete(subject);
    return [...this.#contests.keys()].filter((subject) => this.isContested(subject));
  }
}
