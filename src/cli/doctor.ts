import { styleText } from 'node:util';
import { loadConfig } from '../config/load.ts';
import { examine } from '../doctor/examine.ts';
import { type Finding, isWell } from '../doctor/finding.ts';
import type { ExitCode } from './main.ts';
import { tableLines } from './table.ts';

/**
 * `fairlead doctor`: looks at what the agent will need on this node, and changes nothing. Exit code 1 where something is
 * wrong. Throws `config-*`.
 */
export async function doctor(file: string, json: boolean): Promise<ExitCode> {
  const findings = await examine(await loadConfig(file));
  process.stdout.write(json ? `${JSON.stringify(findings)}\n` : renderFindings(findings, process.stdout.isTTY));
  return isWell(findings) ? 0 : 1;
}

const COLOURS = { ok: 'green', warning: 'yellow', error: 'red' } as const;

/** A table for people, and below it what to do. */
export function renderFindings(findings: readonly Finding[], colour: boolean): string {
  const rows = findings.map(({ check, found, severity }) => [severity, check, found]);
  const [head = '', ...lines] = tableLines(['SEVERITY', 'CHECK', 'FOUND'], rows);
  const painted = lines.map((line, index) => {
    const { severity = 'ok' } = findings[index] ?? {};
    return colour ? styleText(COLOURS[severity], line, { validateStream: false }) : line;
  });
  const remedies = findings
    .filter(({ severity }) => severity !== 'ok')
    .map(({ check, remedy }) => `${check}: ${remedy ?? 'see above'}`);
  return `${[head, ...painted, ...(remedies.length === 0 ? [] : ['', 'What to do', ...remedies.map((line) => `  ${line}`)])].join('\n')}\n`;
}
