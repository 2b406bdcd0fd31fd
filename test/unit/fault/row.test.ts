import { describe, expect, test } from 'vitest';
import { absentMs, changesBetween, lackingMs } from '../../fault/evidence.ts';
import { renderRows } from '../../fault/report.ts';
import { judge, type RowResult } from '../../fault/row.ts';
import { isFor, ROWS, rowsFor } from '../../fault/rows/rows.ts';
import { birdHistory, frrHistory } from '../../fault/tor.ts';

describe('a row', () => {
  const row = { boundMs: 1000 };
  const seen = { what: 'the agent notices', seen: true };
  const missed = { what: 'the agent notices', seen: false };

  test.each([
    ['in time, and all was seen', { at: 0, measuredMs: 1000, sightings: [seen] }, true, true, []],
    ['too late', { at: 0, measuredMs: 1001 }, true, false, []],
    ['never', { at: 0, measuredMs: undefined, notes: ['a note'] }, true, false, ['a note']],
    [
      'something was not seen',
      { at: 0, measuredMs: 1, sightings: [missed] },
      true,
      false,
      ['not seen: the agent notices'],
    ],
    [
      'the lab stayed broken',
      { at: 0, measuredMs: 1 },
      false,
      false,
      ['not seen: afterwards, the switch uses all three lb nodes again'],
    ],
  ])('%s', (_, played, restored, ok, notes) => {
    expect(judge(row, played, restored)).toEqual({ ok, notes });
  });

  test.each([
    ['uml', '4', []],
    ['native', '4', ['conntrack-full', 'clock-stepped']],
    ['uml', '3', ['node-power-loss-bfd']],
  ] as const)('on %s with gobgpd %s leaves out %s', (kind, gobgpd, wanted) => {
    const leftOut = ROWS.filter((one) => !isFor(one, { kind, gobgpd }));
    expect(leftOut.map(({ name }) => name)).toEqual(wanted);
  });

  test('has a name of its own, and each switch has rows', () => {
    expect(new Set(ROWS.map(({ name }) => name)).size).toBe(ROWS.length);
    expect(rowsFor('frr').length).toBe(ROWS.length);
    expect(rowsFor('bird').map(({ name }) => name)).toContain('path-blocked');
    expect(rowsFor('bird', ['ipvs-flushed'])).toEqual([]);
  });

  test('is a line of the table, with its notes below', () => {
    const result: RowResult = {
      name: 'snat-lost',
      title: 'SNAT rule lost',
      switch: 'frr',
      measures: 'repaired',
      boundMs: 1000,
      measuredMs: null,
      ok: false,
      detectedMs: 7,
      routeChangedMs: null,
      backMs: null,
      requests: 30,
      failed: 2,
      lostConnections: 1,
      notes: ['not seen: a thing'],
    };
    const [, line, note] = renderRows([result]).split('\n');
    expect(line).toMatch(/^snat-lost +frr +- repaired +1000 ms +7 ms +- +30 +2 +1 +NO$/);
    expect(note).toBe('snat-lost (frr): not seen: a thing');
  });
});

describe('the evidence of the route', () => {
  const states = [
    { at: 0, nexthops: ['lb1', 'lb2'] },
    { at: 100, nexthops: ['lb2'] },
    { at: 150, nexthops: [] },
    { at: 160, nexthops: ['lb1', 'lb2'] },
    { at: 170, nexthops: ['lb1', 'lb2'] },
  ];

  test('counts the time without one of the next hops, and without any', () => {
    expect(lackingMs(states, ['lb1', 'lb2'], 0, 1000)).toBe(60);
    expect(lackingMs(states, ['lb1', 'lb2'], 120, 155)).toBe(35);
    expect(lackingMs(states, ['lb3'], 0, 1000)).toBe(1000);
    expect(absentMs(states, 0, 1000)).toBe(10);
    expect(absentMs(states, 155, 1000)).toBe(5);
    expect(absentMs(states, 160, 1000)).toBe(0);
  });

  test('takes a state said twice for no change', () => {
    expect(changesBetween(states, 1, 1000)).toBe(3);
    expect(changesBetween(states, 165, 1000)).toBe(0);
  });
});

const frrSays = (keepalives: number, updates: number): string =>
  JSON.stringify({
    '10.0.2.6': { connectionsDropped: 1, messageStats: { updatesRecv: updates, keepalivesRecv: keepalives } },
  });

const birdSays = (
  timer: string,
  updates: number,
): string => `lb1        BGP        ---        up     13:41:47.031  Established
    Hold timer:       ${timer}/3
      Import updates:              ${updates}          0          0          0          0
      Export updates:              4          0          4        ---          0
`;

describe('what the switch was told', () => {
  test('by FRR: UPDATEs and broken sessions count, keepalives do not', () => {
    expect(frrHistory(frrSays(5, 3))).toBe('10.0.2.6 1 3');
    expect(frrHistory(frrSays(9, 3))).toBe(frrHistory(frrSays(5, 3)));
    expect(frrHistory(frrSays(5, 4))).not.toBe(frrHistory(frrSays(5, 3)));
  });

  test('by BIRD: the times of the sessions and the imports count, timers do not', () => {
    expect(birdHistory(birdSays('1.4', 2))).toBe('lb1 BGP --- up 13:41:47 Established; Import updates: 2 0 0 0 0');
    expect(birdHistory(birdSays('2.9', 2))).toBe(birdHistory(birdSays('1.4', 2)));
  });
});
