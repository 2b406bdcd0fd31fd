import { describe, expect, test } from 'vitest';
import { renderRemovals } from '../../../../src/cli/render/removals.ts';

describe('what a cleanup did', () => {
  const nothing = { changes: [], problems: [] };

  test('is one line for each change, in the order in which it was done, and what is left to do below', () => {
    const removals = [
      { part: 'routes', changes: ['delete local 10.99.66.0/23'], problems: [] },
      { part: 'ipvs', changes: ['delete-service tcp/10.99.66.10:80 rr'], problems: [] },
      { part: 'sysctl', changes: [], problems: ['EROFS'] },
      { part: 'files', ...nothing },
    ] as const;
    expect(renderRemovals(removals)).toBe(`\
Done
  PART    CHANGE
  routes  delete local 10.99.66.0/23
  ipvs    delete-service tcp/10.99.66.10:80 rr

Failed
  PART    PROBLEM
  sysctl  EROFS
`);
  });

  test('is said too where it was nothing', () => {
    expect(renderRemovals([{ part: 'routes', ...nothing }])).toBe('nothing to remove\n');
  });
});
