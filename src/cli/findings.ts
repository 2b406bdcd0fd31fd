import { styleText } from 'node:util';
import type { Finding, Severity } from '../doctor/finding.ts';

const WIDTH = 80;
const ORDER = [
  ['error', 'errors', 'red'],
  ['warning', 'warnings', 'yellow'],
  ['ok', 'ok', 'green'],
] as const satisfies readonly (readonly [Severity, string, string])[];

/** What is wrong before what is well, each with what to do about it; no line is wider than a terminal is as a rule. */
export function renderFindings(findings: readonly Finding[], colour: boolean): string {
  const blocks = ORDER.map(([severity, , paint]) => {
    const ones = findings.filter((one) => one.severity === severity);
    const head = severity.toUpperCase();
    return { head: colour ? styleText(paint, head, { validateStream: false }) : head, lines: ones.flatMap(linesOf) };
  });
  const shown = blocks.filter(({ lines }) => lines.length > 0);
  return `${[...shown.map(({ head, lines }) => [head, ...lines].join('\n')), countsOf(findings)].join('\n\n')}\n`;
}

/** The check on a line of its own where it is long, and everything about it behind it, or below. */
function linesOf({ check, found, remedy }: Finding): string[] {
  const [first = '', ...more] = wrap(found, WIDTH - INDENT);
  const rest = [...more, ...(remedy === undefined ? [] : wrap(`-> ${remedy}`, WIDTH - INDENT, '   '))];
  const name = `  ${check}`;
  const head = name.length < INDENT ? [name.padEnd(INDENT) + first] : [name, ' '.repeat(INDENT) + first];
  return [...head, ...rest.map((line) => ' '.repeat(INDENT) + line)];
}

/** Room for the name of a check. */
const INDENT = 20;

/** Breaks a text between words; a word that is too long stands alone, for a command has to stay one. */
function wrap(text: string, width: number, indent = ''): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length > width) {
      lines.push(line);
      line = indent + word;
    } else line = longer;
  }
  return [...lines, line];
}

const countsOf = (findings: readonly Finding[]): string =>
  ORDER.map(([severity, many]) => {
    const count = findings.filter((one) => one.severity === severity).length;
    return `${count} ${count === 1 ? severity : many}`;
  }).join(', ');
