import { beforeAll, describe, expect, test } from 'vitest';
import { driveInOwnNetns } from './own-netns.ts';

interface Step {
  readonly changes: readonly string[];
  readonly problems: readonly string[];
  /** How often the table was read. */
  readonly readings: number;
  /** The number of each entry, by address asked and port asked from. */
  readonly entries: Readonly<Record<string, string>>;
}

interface Seen {
  readonly before: Step['entries'];
  readonly narrowed: readonly number[];
  readonly tcp: Step;
  readonly appeared: Step;
  readonly again: Step;
  readonly lost: Step;
  readonly gone: Step;
}

let seen: Record<string, Seen>;
beforeAll(() => {
  seen = driveInOwnNetns(new URL('conntrack-driver.ts', import.meta.url)) as unknown as Record<string, Seen>;
}, 60_000);

describe.each(['ipv4', 'ipv6'] as const)('conntrack over %s', (family) => {
  const address = family === 'ipv4' ? '10.99.66.53' : 'fd99:66::53';
  const without = (entries: Step['entries'], port: number): Step['entries'] =>
    Object.fromEntries(Object.entries(entries).filter(([key]) => key !== `${address} from ${port}`));
  const of = (): Seen => seen[family] as Seen;

  test('has the entries of a refused client and of clients of two real servers, for two virtual servers', () => {
    expect(Object.keys(of().before)).toHaveLength(6);
  });

  test('is not read at all where a TCP virtual server changed, or nothing did', () => {
    for (const { changes, entries, problems, readings } of [of().tcp]) {
      expect({ changes, problems, readings }).toEqual({ changes: [], problems: [], readings: 0 });
      expect(entries).toEqual(of().before);
    }
    expect(of().again.readings).toBe(0);
  });

  test('3.5a: loses the entry of the refusal when a virtual server gets its first real servers, and no other', () => {
    expect(of().appeared).toMatchObject({ problems: [], readings: 2 });
    expect(of().appeared.changes).toHaveLength(1);
    expect(of().appeared.entries).toEqual(without(of().before, 40000));
  });

  test('3.5b: loses the entries of a real server that was lost; those of another one are the same as before', () => {
    expect(of().lost.problems).toEqual([]);
    expect(of().lost.entries).toEqual(without(of().appeared.entries, 40001));
  });

  test('loses what is left of a virtual server that is gone, and nothing of another', () => {
    expect(of().gone.problems).toEqual([]);
    expect(of().gone.entries).toEqual(without(of().lost.entries, 40002));
  });
});

test('the kernel hands over the entries of one virtual server alone, and of one real server behind it', () => {
  expect(seen['ipv4']?.narrowed).toEqual([6, 3, 1]);
});

test('over IPv6, whose addresses the kernel compares the wrong way round, no stale entry is missed', () => {
  expect(Math.min(...(seen['ipv6']?.narrowed ?? []))).toBeGreaterThanOrEqual(1);
});
