import { Script } from 'node:vm';
import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changedSections, renderPage, sectionsOf, type Seen, viewOf } from '../../../../src/http/page/page.ts';
import { SCRIPT } from '../../../../src/http/page/script.ts';
import { busiest } from '../../../../src/http/page/servers.ts';
import { CONDITIONS } from '../../../../src/model/condition.ts';
import type { Status } from '../../../../src/model/status.ts';
import { type Traffic, UNREAD } from '../../../../src/model/traffic.ts';
import { virtualServerKey } from '../../../../src/model/virtual-server.ts';
import { STATUS, WITHDRAWN } from '../status.ts';
import { EVERYTHING, trafficWith, withTexts } from './statuses.ts';

/** What is seen where nothing is known of what passes. */
const look = (status: Status, filter = '', traffic = UNREAD): Seen => ({
  status,
  shown: { ...busiest(status, traffic, filter), traffic, detail: traffic },
});
const textOf = (status: Status, section: string, filter = ''): string =>
  (sectionsOf(look(status, filter))[section]?.markup ?? '').replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

const HOSTILE = [
  '<script>',
  '</style>',
  '</script>',
  '<!--',
  '-->',
  '"',
  "'",
  '<',
  '>',
  '&',
  ' onload=',
  '${',
] as const;
const signs = (page: string): string[] => page.match(/[<>"]/g) ?? [];
const pageOf = (text: string): string =>
  renderPage(
    look(
      withTexts((was) => `${text}${was}`),
      '',
      trafficWith(text),
    ),
    { filter: text },
  );

describe('nothing that others say gets into the markup', () => {
  const unit = constantFrom(...HOSTILE, 'x', '😀', '\u202e', '\0', '\n');

  test('a text changes no sign of the markup, wherever it stands', () => {
    assert(
      property(string({ unit, minLength: 1, maxLength: 60 }), (text) => {
        expect(signs(pageOf(text))).toStrictEqual(signs(pageOf(text.replace(/[^x]/g, 'y'))));
      }),
      { numRuns: 200 },
    );
  });

  test('it is shown in many places', () => {
    const page = pageOf('<i>');
    expect(page).not.toContain('<i>');
    expect(page.match(/&lt;i&gt;/g)?.length).toBeGreaterThan(30);
  });
});

describe('what has changed', () => {
  test('is nothing where only time has passed', () => {
    const [before, later] = [1, 900].map((ms) => sectionsOf(look({ ...STATUS, at: STATUS.at + ms })));
    expect(changedSections(before ?? {}, later ?? {})).toStrictEqual({});
  });

  test('is nothing where checks were run once more, with the same outcome', () => {
    const checks = STATUS.checks.map((check) => ({ ...check, streak: check.streak + 1 }));
    const runs = { ...STATUS.counts.checks['ipvs'], good: 10, bad: 1, broken: 0, took: STATUS.counts.programming };
    const after = { ...STATUS, checks, counts: { ...STATUS.counts, checks: { ipvs: runs } } };
    expect(changedSections(sectionsOf(look(STATUS)), sectionsOf(look(after)))).toStrictEqual({});
  });

  test.each<[string, Partial<Status>, string[]]>([
    ['a condition', { conditions: [] }, ['conditions']],
    ['the announcement', { announcement: WITHDRAWN.announcement }, ['announcement', 'topology', 'timeline']],
    ['a check', { checks: [] }, ['checks']],
    ['a virtual server', { virtualServers: STATUS.virtualServers.slice(1) }, ['topology', 'servers', 'counters']],
    ['what is left out', { skipped: [] }, ['left-out']],
    ['the others', { census: { known: false, why: 'no answer' } }, ['topology', 'others']],
  ])('of %s is in the sections that show it, and no other', (_, part, changed) => {
    const found = changedSections(sectionsOf(look(STATUS)), sectionsOf(look({ ...STATUS, ...part })));
    expect(Object.keys(found)).toStrictEqual(changed);
  });

  test('is everything for somebody who has nothing yet', () => {
    expect(Object.keys(changedSections({}, sectionsOf(look(STATUS))))).toHaveLength(11);
  });
});

describe('the announcement', () => {
  test('says the state, and nothing of reasons where there is none', () => {
    const text = textOf(STATUS, 'announcement');
    expect(text).toContain('✓ announced since 14 Nov 22:13:30 UTC 10.99.66.0/23 1 of 2 peers are told so');
    expect(text).not.toContain('Look first');
  });

  test('says why not, and what to look at', () => {
    const text = textOf(WITHDRAWN, 'announcement');
    const { hint, title } = CONDITIONS['probe-failed'];
    expect(text).toContain('✕ withdrawn');
    expect(text).toContain(`probe-failed ${title}: 10.99.66.10:80 timed-out`);
    expect(text).toContain(`Look first: ${hint}`);
    expect(text).toContain('Drain: withdrawn Asked for by order');
    expect(text).toContain('3 connections open.');
  });

  test('that reaches no peer is not shown as if all were well', () => {
    const status = { ...STATUS, peers: STATUS.peers.slice(1) };
    expect(sectionsOf(look(status))['announcement']?.markup).toContain('<div class="panel doubtful"');
    expect(textOf(status, 'announcement')).toContain('! announced');
    expect(textOf(status, 'announcement')).toContain('0 of 1 peer are told so');
  });

  test('of an IPv6 range without a next hop says so', () => {
    const conditions = [{ code: 'next-hop-missing' as const, detail: '' }];
    const text = textOf({ ...STATUS, conditions, ranges: ['10.99.66.0/23', 'fd99:66::/112'] }, 'announcement');
    expect(text).toContain('10.99.66.0/23 fd99:66::/112 (not announced: no next hop)');
  });
});

test('conditions stand in the order of what they do, each with its hint and its heading', () => {
  const text = textOf(EVERYTHING, 'conditions');
  expect(text.indexOf('withdraws probe-failed')).toBeLessThan(text.indexOf('reports peer-down'));
  expect(text).toContain('10.22.108.2 is active Look first: compare the peering configuration of the switch');
  expect(text).toContain('(docs/conditions.md, peer-down )');
});

test('the time line has the newest first, how long each lasted, and why', () => {
  const text = textOf(STATUS, 'timeline');
  expect(text).toContain('✓ announced since 14 Nov 22:13:30 UTC ');
  expect(text).toContain(
    '! deprioritised 14 Nov 22:13:25 UTC , for 5 s probe-failed timed-out ' +
      '✕ withdrawn 14 Nov 22:13:20 UTC , for 5 s starting nothing is proven yet',
  );
  const bars = sectionsOf(look(STATUS))['timeline']?.markup.match(/<rect\s+class="(?:good|doubtful|bad)"/g);
  expect(bars).toHaveLength(3);
});

test.each([
  [100, '10 min ago'],
  [3000, '1 h ago'],
  [90_000, '7 d ago'],
  [9_000_000, '7 d ago'],
])('%d s after the start the strip begins %s', (seconds, begins) => {
  const status = { ...STATUS, at: STATUS.startedAt + seconds * 1000 };
  expect(textOf(status, 'timeline')).toContain(`${begins} now`);
});

describe('what passes through virtual servers', () => {
  const per = { connections: 12.34, packetsIn: 0, packetsOut: 0, bytesIn: 1_250_000, bytesOut: 125 };
  const load = { active: 1234, inactive: 0, opened: 9, perSecond: per };
  const [canary, web] = STATUS.virtualServers.map(virtualServerKey);
  const traffic: Traffic = {
    known: true,
    at: 0,
    total: load,
    virtualServers: {
      [web ?? '']: { ...load, realServers: [{ address: '10.1.0.101', port: 8080, weight: 1, active: 7, inactive: 0 }] },
    },
  };
  const markup = sectionsOf(look(STATUS, '', traffic))['servers']?.markup ?? '';
  const text = markup.replace(/<[^>]*>/g, ' ').replace(/\s+/g, ' ');

  test('stands beside them, the busiest first', () => {
    expect(text).toContain('Together 1,234 connections, 12.3 new a second, 10.0 Mbit/s in, 1.0 kbit/s out.');
    expect(text).toContain(`${web} 1,234 12.3 10.0 Mbit/s 1.0 kbit/s rr`);
    expect(markup.indexOf(`of-${web}`)).toBeLessThan(markup.indexOf(`of-${canary}`));
  });

  test('is told of their real servers, as far as it is known', () => {
    expect(text).toContain('2, 1 of them draining 10.1.0.101:8080 7 connections 10.1.0.102:8080 weight 0 ');
  });

  test('that is not known is said not to be', () => {
    expect(textOf(STATUS, 'servers')).toContain('What passes through them is not known: with `dataplane.mode: none`');
  });
});

describe('thousands of virtual servers', () => {
  const many = STATUS.virtualServers
    .slice(1)
    .flatMap((web) =>
      Array.from({ length: 3000 }, (_, n) => ({ ...web, address: `10.99.${66 + Math.floor(n / 256)}.${n % 256}` })),
    );
  const status = { ...STATUS, virtualServers: many };

  test('stay light, and the page says how many are not shown', () => {
    expect(textOf(status, 'servers')).toContain('3,000 virtual servers; the first 50 of them');
    expect(textOf(status, 'servers')).toContain('2,950 more');
    expect(renderPage(look(status), { filter: '' }).length).toBeLessThan(100_000);
  });

  test('are found by a part of an address, their own or that of a real server', () => {
    const one = textOf(status, 'servers', '10.99.70.7:');
    expect(one).toContain('1 virtual server of 3,000.');
    expect(one).toContain('tcp/10.99.70.7:80');
    expect(textOf(status, 'servers', '10.1.0.101')).toContain('3,000 virtual servers; the first 50 of them');
    expect(textOf(status, 'servers', 'nothing such')).toContain('0 virtual servers of 3,000');
  });
});

test('the topology says in words what it shows', () => {
  const label = /aria-label="(Switches[^"]*)"/.exec(sectionsOf(look(STATUS))['topology']?.markup ?? '')?.[1];
  expect(label).toBe(
    'Switches: 10.22.108.1 (switch, AS 64500, established, BFD up); 10.22.108.2 (switch, AS 64500, active, BFD down). ' +
      'Nodes: lb-1 (this node, announced); lb-3 (lb node, deprioritised); lb-2 (lb node, announced). Ranges: 10.99.66.0/23.',
  );
});

test('before anything is known every section says so', () => {
  const empty: Status = {
    ...STATUS,
    ranges: [],
    history: [],
    conditions: [],
    checks: [],
    peers: [],
    gobgpdApi: undefined,
    census: { known: false, why: 'waits' },
    source: { ...STATUS.source, synced: false, lastContactAt: undefined },
    virtualServers: [],
    skipped: [],
  };
  for (const [id, { markup }] of Object.entries(sectionsOf(look(empty)))) {
    expect(markup, id).not.toMatch(/undefined|NaN|null|\[object/);
    expect(textOf(empty, id).trim(), id).not.toBe('');
  }
});

test.each([
  ['filter=web', 'web'],
  ['', ''],
  [`filter=${'x'.repeat(500)}`, 'x'.repeat(100)],
  ['filter=%20a+b%20', 'a b'],
])('of the query %j the filter is %j', (query, filter) => {
  expect(viewOf(new URLSearchParams(query))).toStrictEqual({ filter });
});

test('the script can be parsed', () => {
  expect(() => new Script(SCRIPT)).not.toThrow();
});
