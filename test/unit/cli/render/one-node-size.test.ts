import { describe, expect, test } from 'vitest';
import { CONDITIONS, type ConditionCode } from '../../../../src/model/condition.ts';
import type { Status } from '../../../../src/model/status.ts';
import { NO_LOAD } from '../../../../src/model/traffic.ts';
import { type VirtualServer, virtualServerKey } from '../../../../src/model/virtual-server.ts';
import { STATUS, WITHDRAWN } from '../../http/status.ts';
import { load, render, sectionOf, trafficOf } from './screens.ts';

const nth = (index: number): VirtualServer => ({
  protocol: 'tcp',
  address: `10.99.${66 + (index >> 8)}.${index & 255}`,
  port: 80,
  scheduler: 'rr',
  schedulerFlags: [],
  persistenceSeconds: 0,
  realServers: [{ address: '10.1.0.1', port: 80, weight: 1 }],
});

describe('of thousands of virtual servers', () => {
  const many = { ...STATUS, virtualServers: Array.from({ length: 2000 }, (_, index) => nth(index)), canaries: [] };
  const busy = { [virtualServerKey(nth(7))]: load(5), [virtualServerKey(nth(1999))]: load(1, 9, 50) };

  test('the busiest are shown, with how many more there are', () => {
    const lines = sectionOf(render(many, trafficOf(many, busy)), 'Virtual servers');
    expect(lines.slice(2, 5).map((line) => line.trim().split(' ')[0])).toStrictEqual([
      'tcp/10.99.73.207:80',
      'tcp/10.99.66.7:80',
      'tcp/10.99.66.0:80',
    ]);
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toBe('  and 1,992 more that are less busy: --all shows them');
  });

  test('--all shows each of them', () => {
    expect(sectionOf(render(many, trafficOf(many), { all: true }), 'Virtual servers')).toHaveLength(2002);
  });

  test('what is wrong is named and comes first', () => {
    const drained = { ...nth(1500), realServers: [{ address: '10.1.0.1', port: 80, weight: 0 }] };
    const virtualServers = many.virtualServers.with(1500, drained);
    const traffic = trafficOf(many, busy);
    if (!traffic.known) throw new Error('expected traffic');
    const gone = virtualServerKey(nth(3));
    const held = Object.fromEntries(Object.entries(traffic.virtualServers).filter(([key]) => key !== gone));
    const lines = sectionOf(render({ ...many, virtualServers }, { ...traffic, virtualServers: held }), 'Virtual');
    expect(lines.slice(1, 3)).toStrictEqual([
      `  1 not in the kernel: ${gone}`,
      `  1 all draining, so that nothing new is taken: ${virtualServerKey(drained)}`,
    ]);
    expect(lines.slice(4, 6).map((line) => line.trim().split(' ')[0])).toStrictEqual([gone, virtualServerKey(drained)]);
  });

  test('where many are wrong a few are named', () => {
    const none = { known: true, at: 0, total: NO_LOAD, virtualServers: {} } as const;
    const text = sectionOf(render(many, none), 'Virtual servers').slice(1, 4).join(' ');
    expect(text).toContain('2,000 not in the kernel: ');
    expect(text.replaceAll(/\s+/g, ' ')).toContain('tcp/10.99.66.106:80 and 1,992 more');
  });
});

const six = (end: number): string => `fd99:6666:1234:5678:9abc:def0:1234:${end.toString(16)}`;
const long = (start: string): string => `${start}-${'x'.repeat(250)}-end-of-${start}`;
const together = (text: string): string => text.replaceAll(/\s+/g, '');

describe('no line is wider than the screen, and nothing is cut off', () => {
  const codes = Object.keys(CONDITIONS) as ConditionCode[];
  const wide: Status = {
    ...WITHDRAWN,
    node: long('node'),
    ranges: ['10.99.66.0/23', `${six(0)}/112`],
    announcement: { state: 'withdrawn', since: 0, reason: 'probe-failed', detail: long('detail') },
    conditions: codes.map((code) => ({ code, detail: `${long('condition')} ${code}` })),
    peers: [1, 2].map((end) => ({
      address: six(end),
      as: 4_200_000_000,
      state: 'established',
      bfd: 'unsupported',
      advertised: [`${six(0)}/112`],
      accepted: ['0.0.0.0/0', '::/0', `${six(9)}/128`],
      lastError: long('error'),
    })),
    checks: [
      { ...WITHDRAWN.checks[0], name: long('check'), health: 'unhealthy', detail: long('outcome') },
    ] as Status['checks'],
    census: {
      known: true,
      confirmed: true,
      others: [{ node: long('other'), state: 'deprioritised', faults: codes }],
      turns: [{ node: long('away'), step: 'drains', number: 1 }],
    },
    virtualServers: [1, 2].map((end) => ({ ...nth(end), address: six(end), port: 65_535 })),
    canaries: [`tcp/[${six(1)}]:65535`],
    skipped: [
      {
        object: `Service ${long('namespace')}/${long('name')}`,
        reason: 'source-ranges-not-enforced',
        detail: long('why'),
      },
    ],
    history: [{ state: 'withdrawn', since: 0, reason: 'probe-failed', detail: long('past') }],
  };
  const heavy = trafficOf(wide, { [`tcp/[${six(2)}]:65535`]: load(123_456_789, 99_999, 9e12) });
  test.each([60, 80, 132, 400])('at %i columns', (width) => {
    for (const all of [false, true]) {
      const lines = render(wide, heavy, { width, all }).split('\n');
      expect(lines.filter((line) => line.length > width)).toStrictEqual([]);
    }
  });

  test('what is too long for a line goes on in the next one', () => {
    const text = together(render(wide, heavy, { width: 400, all: true }));
    for (const start of ['node', 'detail', 'condition', 'error', 'check', 'outcome', 'other', 'away', 'past'])
      expect(text).toContain(`end-of-${start}`);
    const plain = render(wide, heavy, { all: true });
    expect(together(plain)).toContain(together(`${long('condition')} ${codes.at(-1)}`));
    for (const code of codes) expect(plain).toContain(code);
  });

  test('what a terminal would obey does not reach it', () => {
    const [peer] = STATUS.peers;
    if (peer === undefined) throw new Error('expected a peer');
    const lastError = 'bye\u001B[2J\r\n\u009Bmore';
    const text = render({ ...STATUS, peers: [{ ...peer, lastError }] });
    expect(text).toContain('bye\uFFFD[2J \uFFFDmore');
  });
});
