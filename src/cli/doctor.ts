import { loadConfig } from '../config/load.ts';
import { isWell } from '../doctor/finding.ts';
import { renderFindings } from './findings.ts';
import type { ExitCode } from './main.ts';

/** Only what takes longer than that is worth a word. */
const PROGRESS_AFTER_MS = 1000;

/**
 * `fairlead doctor`: looks at what the agent will need on this node, and changes nothing. Exit code 1 where something is
 * wrong. Throws `config-*`.
 */
export async function doctor(file: string, json: boolean): Promise<ExitCode> {
  const config = await loadConfig(file);
  const said = sayLater('looking at this node ...');
  // Only here are the heavy parts read in: the other commands start at once.
  const { examine } = await import('../doctor/examine.ts');
  const findings = await examine(config).finally(said);
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : renderFindings(findings, process.stdout.isTTY));
  return isWell(findings) ? 0 : 1;
}

/** Says so on a terminal, behind the output that machines read. Returns what takes it back. */
function sayLater(text: string): () => void {
  if (!process.stderr.isTTY) return () => undefined;
  const timer = setTimeout(() => process.stderr.write(text), PROGRESS_AFTER_MS);
  return () => {
    clearTimeout(timer);
    process.stderr.write('\r\x1b[K');
  };
}
