import { describe, expect, test } from 'vitest';
import type { Combination, Result } from '../../interop/matrix.ts';
import { renderMarkdown, renderMatrix } from '../../interop/report.ts';
import type { Row } from '../../interop/row.ts';

const frr: Combination = { version: '4.8.0', api: 'v4', binary: '', switch: 'frr', family: 'ipv4' };
const bird: Combination = { ...frr, switch: 'bird' };
const run = (): Promise<void> => Promise.resolve();
const rows: Row[] = [
  { name: 'med', proves: 'the MED arrives', run },
  { name: 'weights', proves: 'the weights are in the kernel', switch: 'frr', run },
];
const results: Result[] = [
  { row: 'med', combination: frr, outcome: undefined, ms: 1 },
  { row: 'med', combination: bird, outcome: 'expected 50, seen 0', ms: 1 },
];

describe('the matrix', () => {
  test('has a mark for each cell, and a note for each that is not ok', () => {
    expect(renderMatrix(rows, [frr, bird], results)).toBe(
      [
        'GOBGPD    4.8.0',
        'PROPERTY  FRR v4  BIRD v4',
        'med       ok      NO (1)',
        'weights   ?       -',
        '(1) med, 4.8.0 bird ipv4: expected 50, seen 0',
        '',
      ].join('\n'),
    );
  });

  test('says in Markdown what each row proves', () => {
    expect(renderMarkdown(rows, [frr], results)).toBe(
      [
        '| row | proves | 4.8.0 FRR v4 |',
        '| --- | --- | --- |',
        '| `med` | the MED arrives | ok |',
        '| `weights` | the weights are in the kernel | ? |',
        '',
      ].join('\n'),
    );
  });
});
