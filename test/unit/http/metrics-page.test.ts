import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { renderMetrics } from '../../../src/http/metrics/metrics.ts';
import { READING } from './reading.ts';
import { WITHDRAWN } from './status.ts';

const page = readFileSync(new URL('../../../docs/metrics.md', import.meta.url), 'utf8');

/** What stands behind a name in the exposition: its type, its labels if it has any, and its help text. */
function described(text: string, name: string): string[] {
  const type = new RegExp(`^# TYPE ${name} (\\w+)$`, 'm').exec(text)?.[1] ?? 'missing';
  const sample = type === 'histogram' ? `${name}_sum` : name;
  const labels = new RegExp(`^${sample}\\{(.*)\\}`, 'm').exec(text)?.[1] ?? '';
  const help = new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(text)?.[1] ?? 'missing';
  return [name, type, labels.replace(/(\w+)="[^"]*",?/g, '`$1` ').trim(), help];
}

test('the page names every metric with its type, label and meaning, and no other', async () => {
  const text = await renderMetrics(WITHDRAWN, READING);
  const names = [...text.matchAll(/^# HELP (\S+)/gm)].map(([, name = '']) => name);
  const rows = [...page.matchAll(/^\| `(\S+)` *\|(.*)\|(.*)\|(.*)\|$/gm)];
  expect(rows.map((row) => row.slice(1).map((cell) => cell.trim()))).toEqual(
    names.map((name) => described(text, name)),
  );
});
