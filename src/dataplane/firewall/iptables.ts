import { explain } from '../../model/error.ts';
import { runCommand } from '../command.ts';
import { ensurePart, NOTHING_TO_DO, type PartReport } from '../part.ts';
import { parseIptablesSave } from './parse.ts';
import { type IptablesRules, planIptables } from './plan.ts';
import { XtablesFingerprint } from './xtables.ts';

const SAVE = 'iptables-legacy-save';
const RESTORE = 'iptables-legacy-restore';

/** The iptables tables of a kernel without nf_tables. */
export class Iptables {
  readonly #fingerprint = new XtablesFingerprint();
  /** For each table, what it looked like when our rules were last found in place. */
  readonly #known = new Map<IptablesRules['table'], Buffer>();

  close(): void {
    this.#fingerprint.close();
  }

  /** Without a change in the table since it was last found right, not a single process is started. */
  async ensure(wanted: IptablesRules): Promise<PartReport> {
    const { table } = wanted;
    const before = this.#fingerprint.read(table);
    if (this.#known.get(table)?.equals(before)) return NOTHING_TO_DO;
    const report = await ensurePart({
      plan: async () => planIptables(wanted, parseIptablesSave(await runCommand([SAVE, '-t', table]))),
      apply: (lines) => restore(table, lines),
      format: (line) => line,
    });
    if (report.changes.length === 0) this.#known.set(table, before);
    return report;
  }
}

async function restore(table: string, lines: readonly string[]): Promise<string[]> {
  try {
    await runCommand([RESTORE, '--noflush', '-w', '5'], `*${table}\n${lines.join('\n')}\nCOMMIT\n`);
    return [];
  } catch (error) {
    return [explain(error)];
  }
}
