import type { Family } from '../../model/address.ts';
import { explain, isLack } from '../../model/error.ts';
import { runCommand } from '../command.ts';
import { ensurePart, inTurn, NOTHING_TO_DO, type PartReport } from '../part.ts';
import { parseIptablesSave } from './parse.ts';
import { IPTABLES_TABLES, type IptablesRules, planIptables, planIptablesRemoval, type Traces } from './plan.ts';
import { existingTables, XtablesFingerprint } from './xtables.ts';

const PROGRAMS = {
  ipv4: { save: 'iptables-legacy-save', restore: 'iptables-legacy-restore' },
  ipv6: { save: 'ip6tables-legacy-save', restore: 'ip6tables-legacy-restore' },
} as const;

/** The iptables tables of one family in a kernel without nf_tables. */
export class Iptables {
  readonly #family: Family;
  readonly #fingerprint: XtablesFingerprint;
  /** For each part's rules, what their table looked like when they were last found in place. */
  readonly #known = new Map<string, Buffer>();

  /** Throws `kernel-refused` where the kernel has no such family. */
  constructor(family: Family) {
    this.#family = family;
    this.#fingerprint = new XtablesFingerprint(family);
  }

  close(): void {
    this.#fingerprint.close();
  }

  /** Without a change in the table since it was last found right, not a single process is started. */
  async ensure(wanted: IptablesRules): Promise<PartReport> {
    const { table } = wanted;
    let seen = this.#fingerprint.read(table);
    if (this.#known.get(wanted.mark)?.equals(seen)) return NOTHING_TO_DO;
    const report = await this.#change(table, (saved) => planIptables(wanted, parseIptablesSave(saved)), {
      ...(!hasAny(wanted, seen) && { saved: '' }),
      // Before the table is read back: what somebody changes behind that is another table.
      applied: () => {
        seen = this.#fingerprint.read(table);
      },
    });
    if (report.problems.length === 0) this.#known.set(wanted.mark, seen);
    return report;
  }

  /** Takes some of ours out of the tables that exist. A table without a trace of them costs no process. */
  remove(traces: Traces): Promise<PartReport> {
    const existing = existingTables(this.#family);
    const tables = IPTABLES_TABLES.filter(
      (table) => existing.includes(table) && traces.bytes.test(this.#fingerprint.read(table).toString('latin1')),
    );
    const plan = (saved: string): string[] => planIptablesRemoval(parseIptablesSave(saved), traces);
    return inTurn(tables.map((table) => () => this.#change(table, plan)));
  }

  #change(table: string, plan: (saved: string) => string[], { applied, saved }: Known = {}): Promise<PartReport> {
    const { restore, save } = PROGRAMS[this.#family];
    let known = saved;
    return ensurePart({
      plan: async () => {
        const now = known ?? (await runCommand([save, '-t', table]));
        known = undefined;
        return plan(now);
      },
      apply: async (lines) => {
        const refused = await applyLines(restore, table, lines);
        applied?.();
        return refused;
      },
      format: (line) => line,
    });
  }
}

interface Known {
  /** The table as it is, as far as it matters: where nothing of ours is in it, there is no need to read it. */
  readonly saved?: string;
  readonly applied?: () => void;
}

/** Whether a table may hold something of a part: the comments and the names of chains stand in the entries as they are. */
const hasAny = ({ chains, mark }: IptablesRules, entries: Buffer): boolean =>
  [...chains.keys(), mark.slice(mark.indexOf('"') + 1, -1)].some((text) => entries.includes(text));

async function applyLines(restore: string, table: string, lines: readonly string[]): Promise<string[]> {
  try {
    await runCommand([restore, '--noflush', '-w', '5'], `*${table}\n${lines.join('\n')}\nCOMMIT\n`);
    return [];
  } catch (error) {
    if (isLack(error)) throw error;
    return [explain(error)];
  }
}
