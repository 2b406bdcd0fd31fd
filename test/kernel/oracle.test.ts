import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Lab } from '../../lab/lab.ts';
import type { Played } from './oracle-driver.ts';
import { differences } from './oracle-tables.ts';

const TRANSITIONS = 105;
const PATIENCE_MS = 600_000;

/** The same seed plays the same states again. */
const seed = Number(process.env['FAIRLEAD_ORACLE_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const again = `FAIRLEAD_ORACLE_SEED=${seed} plays it again`;

const SEQUENCES = ['alone', 'among others', 'changed behind our back'];
let lab: Lab;
let sequences: ReadonlyMap<string, Played>;

beforeAll(async () => {
  console.log(`ipvsadm as oracle: ${TRANSITIONS} transitions in each of ${SEQUENCES.length} sequences; ${again}`);
  lab = await Lab.up({ nodes: ['client'], start: false });
  const driver = new URL('oracle-driver.ts', import.meta.url).pathname;
  const argv = ['node', driver, String(seed), String(TRANSITIONS)];
  const { stderr, stdout } = await lab.exec('client', argv, { timeoutMs: PATIENCE_MS });
  if (!stdout.startsWith('[')) throw new Error(`the driver ended early (${again}): ${stdout}${stderr}`);
  sequences = new Map((JSON.parse(stdout) as Played[]).map((played) => [played.sequence, played]));
}, PATIENCE_MS);

afterAll(() => lab?.down());

describe.each(SEQUENCES)('a table of chance, %s', (name) => {
  test('is after each transition what `ipvsadm -Sn` says, and that of others is as it was', () => {
    const played = sequences.get(name);
    const { complaints = [], step } = played?.failed ?? {};
    expect(complaints, `step ${step} of the sequence "${name}"; ${again}`).toEqual([]);
    expect(played?.transitions).toBe(TRANSITIONS);
  });

  test('would be told from another one: a weight changed at the end is seen', () => {
    expect(sequences.get(name)?.planted).toEqual([
      expect.stringMatching(/^missing: -a /),
      expect.stringMatching(/^unexpected: -a .* -w 4711$/),
    ]);
  });

  test('costs at most two netlink messages for each change of one real server', () => {
    const counts = sequences.get(name)?.loneMessages ?? [];
    expect(counts.length).toBeGreaterThan(5);
    expect(Math.max(...counts), again).toBeLessThanOrEqual(2);
    expect(Math.min(...counts), again).toBeGreaterThan(0);
  });
});

test('an audit of a table that nobody has touched reads, and writes nothing', () => {
  const audits = [...sequences.values()].flatMap((played) => played.audits);
  expect(audits.length).toBeGreaterThan(5);
  expect(audits, again).toEqual(audits.map(() => ({ changes: 0, writes: 0 })));
});

test('audits put right what others had changed, added and deleted', () => {
  expect(sequences.get('changed behind our back')?.repairs, again).toBeGreaterThan(TRANSITIONS / 2);
});

test.each([
  [['a', 'b'], ['b', 'a'], []],
  [['a', 'b'], ['a'], ['missing: b']],
  [['a'], ['a', 'c'], ['unexpected: c']],
  [['a'], ['a', 'a'], ['unexpected: a']],
  [['a -w 1'], ['a -w 2'], ['missing: a -w 1', 'unexpected: a -w 2']],
])('the comparison of %j with %j finds %j', (expected, found, told) => {
  expect(differences(expected, found)).toEqual(told);
});
