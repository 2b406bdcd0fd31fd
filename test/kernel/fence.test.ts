import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { PartReport } from '../../src/dataplane/part.ts';
import { driveBesideOthers } from './own-netns.ts';

const CLEAN = { changes: [], problems: [] };
const ENDED = [
  expect.stringMatching(/^end 10\.22\.108\.100:\d+ 10\.22\.108\.1:\d+$/),
  expect.stringMatching(/^end \[fd22::100\]:\d+ \[fd22::1\]:\d+$/),
];

interface Seen {
  readonly raised: PartReport;
  readonly whileRaised: readonly [sessions: string[], paths: string[]];
  readonly raisedAfter: number;
  readonly downAfter: number;
  readonly upAfter: number;
  readonly thirdTook: number;
  readonly [step: string]: unknown;
}

const WAYS = {
  'nftables, by the kernel': ['nftables'],
  'nftables, by packets that rules answer': ['nftables', 'answered'],
  'iptables, by the kernel': ['iptables'],
  'iptables, by packets that rules answer': ['iptables', 'answered'],
  'no firewall, by the kernel': ['none'],
  'no firewall, by packets': ['none', 'heard'],
} as const;
type Way = keyof typeof WAYS;

const EVERY = Object.keys(WAYS) as Way[];
/** Without a firewall of ours nothing keeps a session from coming back but a fence that is raised again. */
const WITH_RULES = EVERY.filter((way) => WAYS[way][0] !== 'none');

const driver = new URL('fence-driver.ts', import.meta.url);
let seen: Record<Way, Seen>;
beforeAll(async () => {
  const ways = Object.entries(WAYS).map(async ([way, args]) => [way, await driveBesideOthers(driver, ...args)]);
  seen = Object.fromEntries(await Promise.all(ways)) as typeof seen;
}, 240_000);

afterAll(() => {
  for (const [way, { downAfter, raisedAfter, thirdTook, upAfter }] of Object.entries(seen ?? {})) {
    const again = thirdTook === undefined ? '' : `, again in ${thirdTook} s`;
    console.info(`${way}: down ${downAfter} s, raised ${raisedAfter} s${again}, up ${upAfter} s after the lift`);
  }
});

describe.each(EVERY)('a fence around a stopped gobgpd: %s', (way) => {
  const [firewall, packets] = WAYS[way];
  const of = (): Seen => seen[way];

  test('takes its sessions and paths off the switch', () => {
    const { changes, problems } = of().raised;
    expect([of()['open'], of()['openBehind']]).toEqual([true, false]);
    expect(problems).toEqual([]);
    expect(changes.filter((change) => change.startsWith('end '))).toEqual(packets ? [] : ENDED);
    expect(changes.length > ENDED.length || firewall === 'none' || packets !== undefined).toBe(true);
  });

  test('before the switch sends a packet of its own accord: a keepalive of TCP after 15 s, as Go has it', () => {
    expect(of().downAfter).toBeLessThan(10);
  });

  test('is found and lifted by the next agent, and the sessions come back', () => {
    expect(of()['nothingToLift']).toEqual(CLEAN);
    expect(of()['lifted']).toMatchObject({ problems: [] });
    expect(of()['rulesLeft']).toBe('');
    expect(of().upAfter).toBeGreaterThan(0);
  });
});

describe.each(WITH_RULES)('a fence with rules: %s', (way) => {
  const of = (): Seen => seen[way];

  test('keeps them down when gobgpd goes on, until it is lifted', () => {
    expect(of().whileRaised).toEqual([[], []]);
    expect(of()['last']).toMatchObject({ problems: [] });
  });

  test('raised again changes nothing', () => {
    expect(of()['again']).toMatchObject({ problems: [] });
    expect(of()['third']).toEqual(CLEAN);
  });

  test('is taken away by cleanup', () => {
    expect(of()['removed']).toMatchObject({ problems: [] });
    expect(of()['rulesLeftByCleanup']).toBe('');
  });
});

const load = (name: string): PartReport => ({ changes: [`load table ip fairlead-${name}`], problems: [] });

test('a fence stays raised where the firewall beside it is made and audited', () => {
  expect(seen['nftables, by the kernel']['audit']).toEqual([load('filter'), load('snat'), CLEAN]);
  expect(seen['nftables, by the kernel']['last']).toEqual(CLEAN);
  expect(seen['nftables, by the kernel']['lifted']).toEqual({
    changes: ['delete table ip fairlead-fence', 'delete table ip6 fairlead-fence'],
    problems: [],
  });
});
