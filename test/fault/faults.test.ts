import { describe, expect, test } from 'vitest';
import type { TorKind } from '../../lab/lab.ts';
import { renderRows } from './report.ts';
import { playRow, type RowResult } from './row.ts';
import { isFor, rowsFor } from './rows/rows.ts';
import { setStage } from './stage.ts';

/**
 * A machine that runs other tests as well is late: how fast something happens is for `npm run faults`, and this is about
 * what happens. A bound of 0 is not about time and stays one.
 */
const PATIENCE = 4;
const TIMEOUT_MS = 900_000;

async function play(kind: TorKind): Promise<RowResult[]> {
  const stage = await setStage(kind, console.log);
  try {
    const results: RowResult[] = [];
    for (const row of rowsFor(kind).filter((one) => isFor(one, stage.lab))) {
      const patient = { ...row, boundMs: PATIENCE * row.boundMs };
      const result = await playRow(stage, patient);
      // What other work on this machine spoils once, it does not spoil twice.
      results.push(result.ok ? result : await playRow(stage, patient));
    }
    return results;
  } finally {
    await stage.lab.down();
  }
}

describe.each(['frr', 'bird'] as const)('the failure table with %s as the switch', (kind) => {
  test(
    'is as it has to be in every row',
    async () => {
      const results = await play(kind);
      console.log(renderRows(results));
      expect(results.filter(({ ok }) => !ok)).toEqual([]);
      expect(results.length).toBeGreaterThan(8);
    },
    TIMEOUT_MS,
  );
});
