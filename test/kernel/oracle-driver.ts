/**
 * Leads the IPVS table of a network namespace through states of chance, and asks ipvsadm after each step whether the
 * kernel holds what was wanted. Usage: oracle-driver.ts SEED TRANSITIONS; prints what it saw as one JSON object.
 */
import { Ipvs, type IpvsReport } from '../../src/dataplane/ipvs/apply.ts';
import { insideNetns } from '../../src/dataplane/netlink/libc.ts';
import { freshNetns, linesOf, restoring, savedLines } from './ipvsadm.ts';
import { differences, OTHERS, OWN, randomEdit, randomTampering, standing, type Wanted } from './oracle-tables.ts';
import { Random } from './random.ts';

/** What came of one sequence. */
export interface Played {
  readonly sequence: string;
  transitions: number;
  /** The first step after which the kernel or a report was not as it should be. */
  failed: { readonly step: number; readonly complaints: readonly string[] } | undefined;
  /** Netlink messages of each change of a single real server. */
  readonly loneMessages: number[];
  /** Audits of a table that nobody had touched: what they changed, and their messages that were not for reading. */
  readonly audits: { readonly changes: number; readonly writes: number }[];
  /** Changes that put right what others had done. */
  repairs: number;
  /** What the comparison says at the end, once one weight was changed behind its back. */
  planted: readonly string[];
}

/** Between two steps: longer than the agent looks back when it tells drift from another owner at work. */
const QUIET_MS = 120_000;
/** Every draining real server here is idle, and it is that which ends it. */
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

const [seed = 0, transitions = 0] = process.argv.slice(2).map(Number);

/** A table and everything that happens to it. */
class Play {
  readonly played: Played;
  readonly random: Random;
  readonly complaints: string[] = [];
  readonly #netns = freshNetns();
  readonly #others: readonly string[];
  #clock = 0;
  #ipvs = this.#open();
  #wanted: Wanted = new Map();
  /** What the kernel should hold of ours. */
  #held: Wanted = new Map();

  constructor(sequence: string, others: readonly string[]) {
    this.random = new Random(seed + sequence.length);
    this.played = {
      sequence,
      transitions: 0,
      failed: undefined,
      loneMessages: [],
      audits: [],
      repairs: 0,
      planted: [],
    };
    restoring(this.#netns, others)();
    this.#others = savedLines(this.#netns);
  }

  /** What is wanted changes, and the agent is told what. */
  async edit(): Promise<void> {
    const before = this.#ipvs.messages.sent;
    const lone = await this.#edit();
    if (lone) this.played.loneMessages.push(this.#ipvs.messages.sent - before);
  }

  async #edit(): Promise<boolean> {
    const { changed, lone, wanted } = randomEdit(this.random, this.#wanted);
    this.#accept(await this.#ipvs.ensure(wanted, changed));
    this.#wanted = wanted;
    this.#held = standing(wanted, this.#held, () => true);
    return lone;
  }

  /** The agent starts anew, and may want something else than the one before it. */
  async restart(): Promise<void> {
    this.#ipvs.close();
    this.#ipvs = this.#open();
    const { wanted } = randomEdit(this.random, this.#wanted);
    this.#accept(await this.#ipvs.ensure(wanted, []));
    this.#wanted = wanted;
    this.#held = standing(wanted, this.#held, (weight) => weight > 0);
  }

  /** Ends the drains of all real servers that have weight 0 already, and changes nothing else. */
  async audit(): Promise<void> {
    this.#accept(await this.#audit());
    this.#held = standing(this.#wanted, this.#held, (weight) => weight > 0);
  }

  /** Somebody changes things inside what is ours; then the agent wants something else, or not, and looks. */
  async tamper(): Promise<void> {
    if (this.random.chance(0.3)) await this.#beginRound();
    restoring(this.#netns, randomTampering(this.random, this.#held))();
    if (this.random.chance(0.5)) await this.#edit();
    // The first may only end a round begun before, and what the second gives weight 0 it has not seen idle yet.
    for (let round = 0; round < 3; round++) {
      const report = await this.#audit();
      this.#accept(report);
      this.played.repairs += report.changes.length;
    }
    this.#held = standing(this.#wanted, this.#held, () => false);
  }

  /** The next audit is in the middle of a round, with some of the table looked at already. */
  async #beginRound(): Promise<void> {
    await this.audit();
    for (let look = this.random.between(1, this.#wanted.size); look > 0; look--) {
      this.#accept(await this.#ipvs.audit(this.#wanted, 0));
    }
  }

  /** Nobody has touched the table since the last audit: another one may read, and nothing else. */
  async auditInVain(): Promise<void> {
    const before = this.#ipvs.messages.sent;
    const { changes } = await this.#audit();
    const readings = 1 + this.#held.size;
    this.played.audits.push({ changes: changes.length, writes: this.#ipvs.messages.sent - before - readings });
  }

  /** Compares, and notes what is wrong. */
  check(step: number): boolean {
    this.played.transitions = step;
    const complaints = [...this.complaints.splice(0), ...this.#differences()];
    if (complaints.length > 0) this.played.failed = { step, complaints: complaints.slice(0, 20) };
    return complaints.length === 0;
  }

  /** Shows that the comparison can fail. */
  plant(): void {
    const server = [...this.#held.values()].find(({ realServers }) => realServers.length > 0);
    const [, line = ''] = server ? linesOf(server) : [];
    restoring(this.#netns, [line.replace(/^-a (.*) -w \d+$/, '-e $1 -w 4711')])();
    this.played.planted = this.#differences();
  }

  #open(): Ipvs {
    const now = (): number => this.#clock;
    return insideNetns(this.#netns, () => new Ipvs(OWN, { drainMs: FOREVER_MS, now }));
  }

  #audit(): Promise<IpvsReport> {
    this.#clock += QUIET_MS;
    return this.#ipvs.audit(this.#wanted, QUIET_MS);
  }

  #accept({ contested, problems }: IpvsReport): void {
    this.complaints.push(...problems, ...(contested ?? []).map((subject) => `contested: ${subject}`));
  }

  #differences(): string[] {
    return differences([...this.#others, ...[...this.#held.values()].flatMap(linesOf)], savedLines(this.#netns));
  }
}

/** One step is one transition: from one state that is right to another one. */
async function play(sequence: string, others: readonly string[], step: (play: Play) => Promise<void>): Promise<Played> {
  const game = new Play(sequence, others);
  await game.edit();
  let right = game.check(0);
  for (let count = 1; count <= transitions && right; count++) {
    try {
      await step(game);
    } catch (error) {
      game.complaints.push(String(error));
    }
    right = game.check(count);
  }
  if (right) game.plant();
  return game.played;
}

async function editOrRestart(game: Play): Promise<void> {
  const { random } = game;
  if (random.chance(0.05)) await game.restart();
  else await game.edit();
  if (!random.chance(0.1)) return;
  await game.audit();
  await game.auditInVain();
}

async function tamperOrEdit(game: Play): Promise<void> {
  if (game.random.chance(0.5)) await game.edit();
  else await game.tamper();
}

process.stdout.write(
  `${JSON.stringify([
    await play('alone', [], editOrRestart),
    await play('among others', OTHERS, editOrRestart),
    await play('changed behind our back', OTHERS, tamperOrEdit),
  ])}\n`,
);
