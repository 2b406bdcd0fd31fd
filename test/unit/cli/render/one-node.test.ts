import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { CONDITIONS } from '../../../../src/model/condition.ts';
import type { Status } from '../../../../src/model/status.ts';
import { UNREAD } from '../../../../src/model/traffic.ts';
import { STATUS, WITHDRAWN } from '../../http/status.ts';
import { load, render, sectionOf, trafficOf } from './screens.ts';

const WEB = 'tcp/10.99.66.10:80';
const TRAFFIC = trafficOf(STATUS, { [WEB]: load(1200, 3, 12_345) });

test('a status reads from what is announced down to what is left out', () => {
  expect(render(STATUS, TRAFFIC)).toBe(`\
lb-1, fairlead 0.1.0, up 100 s
announced for 90 s (since 2023-11-14 22:13:30Z)
manifests: 2 Services, 1 EndpointSlice; 1 of 2 checks healthy

Conditions
  peer-down (reports): 10.22.108.2 is active
    look at: compare the peering configuration of the switch: addresses, AS
      numbers, password

Ranges
  RANGE          ANNOUNCEMENT  PEERS TOLD
  10.99.66.0/23  announced     1 of 2: 10.22.108.1

Peers
  PEER         AS     STATE        BFD   ANNOUNCED TO IT  ACCEPTED FROM IT
  10.22.108.1  64500  established  up    the range        0.0.0.0/0
  10.22.108.2  64500  active       down  nothing          nothing
  last error of 10.22.108.2: hold timer expired

Virtual servers
  1 of the cluster, 1,200 active connections, 3 new/s, in 12 kB/s, out 1.2 MB/s
  VIRTUAL SERVER              REAL  ACTIVE  OTHER  NEW/S   IN/S   OUT/S
  tcp/10.99.66.10:80  1+1 draining   1,200      0      3  12 kB  1.2 MB

Checks
  CHECK  HEALTH     STREAK  LAST OUTCOME
  probe  undecided  0       not run yet

Other nodes
  NODE  ANNOUNCEMENT   FAULTS
  lb-2  announced      none
  lb-3  deprioritised  probe-failed

Since the start
  changes in the kernel: ipvs 7, snat 1
  put right what others changed: real-server-missing 3
  refused by the kernel: ipvs 2
  transitions: withdrawn to announced 4, announced to withdrawn (probe-failed)
    3
  sessions lost: 10.22.108.1 2
  full announcements taken back of late: 1

History
  UNTIL     ANNOUNCEMENT
  95 s ago  withdrawn: starting: nothing is proven yet
  90 s ago  deprioritised: probe-failed: timed-out

Left out
  OBJECT              REASON        DETAIL
  Service default/db  no-endpoints  port 5432/tcp has no EndpointSlice
`);
});

const headOf = (status: Status): string[] => render(status).split('\n\n')[0]?.split('\n').slice(1) ?? [];

describe('the head', () => {
  test('gives the reason of a withdrawal with what was found, and the drain with who asks for it', () => {
    expect(headOf({ ...WITHDRAWN, handOverUntil: WITHDRAWN.at })).toStrictEqual([
      'withdrawn for 60 s (since 2023-11-14 22:14:00Z): probe-failed: 10.99.66.10:80',
      '  timed-out',
      '  drain by order: withdrawn, waits for 3 connections to end, 230 s left',
      '  until 2023-11-14 22:15:00Z an end of this agent leaves all to the next one',
      'manifests: 2 Services, 1 EndpointSlice; 1 of 2 checks healthy',
    ]);
  });

  test('says what a reason means that is no condition', () => {
    const announcement = { state: 'withdrawn', since: STATUS.at, reason: 'starting', detail: 'a' } as const;
    expect(headOf({ ...STATUS, announcement })[1]).toBe(
      '  The first full sync and the first good probes are still to come',
    );
  });

  test('names the objects that the ranges of the cluster come from', () => {
    const objects = { kubernetes: ['10.99.66.0/23'], extra: ['10.99.80.0/24'] };
    const lineOf = (synced: boolean) =>
      headOf({ ...STATUS, serviceCidrs: { objects, synced, problem: '' } })
        .slice(2)
        .join(' ');
    expect(lineOf(true)).toBe('ranges of the ServiceCIDRs: extra (10.99.80.0/24), kubernetes (10.99.66.0/23)');
    expect(lineOf(false)).toBe('ranges of the ServiceCIDRs: as last known, not read yet');
  });

  test('says of a source that is away how old it is, and of one that was never read that', () => {
    const source = { ...STATUS.source, problem: 'ECONNREFUSED' };
    expect(headOf({ ...STATUS, source })[1]).toContain('1 EndpointSlice, last heard of 1 s ago: ECONNREFUSED; 1');
    expect(headOf({ ...STATUS, source: { ...source, synced: false } })[1]).toContain(
      'manifests: not read completely yet',
    );
  });

  test.each([
    [0, '0 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_100_000, '118 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
    [-5000, '0 s'],
  ])('tells %i ms as %s', (age, text) => {
    const announcement = { state: 'announced', since: STATUS.at - age } as const;
    expect(headOf({ ...STATUS, announcement })[0]).toContain(`announced for ${text} (`);
  });
});

describe('the conditions', () => {
  test('show the effect that they have, not that of their code, and of several of a code the hint once', () => {
    const conditions = [
      { code: 'own-check-failed', detail: 'dns: timed out', effect: 'withdraws' },
      { code: 'peer-down', detail: 'a' },
      { code: 'peer-down', detail: 'b' },
    ] as const;
    const lines = sectionOf(render({ ...STATUS, conditions }, UNREAD, { width: 200 }), 'Conditions');
    expect(lines).toStrictEqual([
      '  own-check-failed (withdraws): dns: timed out',
      `    look at: ${CONDITIONS['own-check-failed'].hint}`,
      '  peer-down (reports): a',
      '  peer-down (reports): b',
      `    look at: ${CONDITIONS['peer-down'].hint}`,
    ]);
  });
});

describe('ranges and peers', () => {
  test('an IPv6 range without a next hop is told apart from the other one', () => {
    const conditions = [{ code: 'next-hop-missing', detail: '' }] as const;
    const status = { ...STATUS, ranges: ['10.99.66.0/23', 'fd99:66::/112'], conditions };
    expect(sectionOf(render(status), 'Ranges').slice(1)).toStrictEqual([
      '  10.99.66.0/23  announced         1 of 2: 10.22.108.1',
      '  fd99:66::/112  next-hop-missing  0 of 2',
    ]);
    expect(sectionOf(render(status), 'Peers')[1]).toContain('1 of 2 ranges');
  });

  test('single addresses are counted and not named, of which there may be thousands', () => {
    const [first, second] = STATUS.peers;
    if (first === undefined || second === undefined) throw new Error('expected two peers');
    const advertised = [...first.advertised, '192.0.2.1/32', '192.0.2.2/32'];
    const status = { ...STATUS, announcedAddresses: 2, peers: [{ ...first, advertised }, second] };
    expect(sectionOf(render(status), 'Ranges').at(-1)).toBe('  2 single addresses                see the peers');
    expect(sectionOf(render(status), 'Peers')[1]).toContain('the range, 2 single');
  });

  test('of a gobgpd that does not answer are what was last known', () => {
    const conditions = [{ code: 'gobgpd-unreachable', detail: '' }] as const;
    const text = render({ ...STATUS, conditions });
    expect(text).toContain('\nRanges (as last known of gobgpd)\n');
    expect(text).toContain('\nPeers (as last known of gobgpd)\n');
  });

  test('there is no column that no peer has anything to say in', () => {
    const peers = STATUS.peers.map(({ address, advertised, as, state }) => ({ address, advertised, as, state }));
    expect(sectionOf(render({ ...STATUS, peers }), 'Peers')).toStrictEqual([
      '  PEER         AS     STATE        ANNOUNCED TO IT',
      '  10.22.108.1  64500  established  the range',
      '  10.22.108.2  64500  active       nothing',
    ]);
  });
});

test('where no traffic is known the virtual servers are there without it, and none counts as missing', () => {
  const lines = sectionOf(render(STATUS, { known: false, why: 'EPERM' }), 'Virtual servers');
  expect(lines).toStrictEqual([
    '  1 of the cluster; no traffic is known: EPERM',
    '  VIRTUAL SERVER              REAL',
    '  tcp/10.99.66.10:80  1+1 draining',
  ]);
});

describe('the checks', () => {
  test('are shown where they are not well: also one that could not be run', () => {
    const [ipvs] = STATUS.checks;
    if (ipvs === undefined) throw new Error('expected a check');
    const shown = (check: object, all = false) =>
      sectionOf(render({ ...STATUS, checks: [{ ...ipvs, ...check }] }, UNREAD, { all }), 'Checks').length;
    expect(shown({})).toBe(0);
    expect(shown({}, true)).toBe(2);
    expect(shown({ health: 'unhealthy' })).toBe(2);
    expect(render({ ...STATUS, checks: [{ ...ipvs, broken: 'EMFILE' }] })).toContain(
      'in place (could not be run: EMFILE)',
    );
  });
});

const partOf = (census: Status['census']): string =>
  render({ ...STATUS, census })
    .split('\n\n')
    .find((part) => part.startsWith('Other nodes')) ?? 'none';

describe('the other nodes', () => {
  const lb2 = { node: 'lb-2', state: 'withdrawn', faults: [] } as const;
  test('show who drains, and who is away for it', () => {
    const turns = [
      { node: 'lb-2', step: 'waits', number: 2 },
      { node: 'lb-9', step: 'drains', number: 1 },
    ] as const;
    expect(partOf({ known: true, others: [lb2], turns, confirmed: true })).toBe(`Other nodes
  NODE  ANNOUNCEMENT  FAULTS  DRAIN
  lb-2  withdrawn     none    waits
  lb-9  not heard of  -       drains`);
  });

  test('show what was known last, and how old that is, where nothing is', () => {
    const last = { others: [lb2], at: STATUS.at - 60_000 };
    expect(partOf({ known: false, why: 'no answer', last })).toBe(`Other nodes (not known now, as of 60 s ago)
  NODE  ANNOUNCEMENT  FAULTS
  lb-2  withdrawn     none`);
    expect(partOf({ known: false, why: 'no answer' })).toBe('none');
  });
});

describe('what is left out', () => {
  const skipped = ['b', 'g', 'c', 'f', 'a', 'd', 'e'].map(
    (object) => ({ object, reason: object === 'b' ? 'headless' : 'no-endpoints', detail: '' }) as const,
  );

  test('is in order, as far as somebody has to do something about it, and few', () => {
    const lines = sectionOf(render({ ...STATUS, skipped }), 'Left out').map((line) => line.trim().split(' ')[0]);
    expect(lines).toStrictEqual(['OBJECT', 'a', 'c', 'd', 'e', 'f', 'and']);
  });

  test('is there whole with --all', () => {
    expect(sectionOf(render({ ...STATUS, skipped }, UNREAD, { all: true }), 'Left out')).toHaveLength(8);
  });
});

test('a table without rows is not there, and a node without a range says so', () => {
  const bare = {
    ...STATUS,
    ranges: [],
    history: [],
    conditions: [],
    checks: [],
    peers: [],
    census: { known: false, why: 'no answer' } as const,
    virtualServers: [],
    skipped: [],
    flaps: 0,
    counts: {
      ...STATUS.counts,
      transitions: [],
      kernelChanges: { ipvs: 0 },
      kernelErrors: {},
      drift: {},
      sessionsLost: {},
    },
  };
  expect(render({ ...bare, source: { ...STATUS.source, synced: false } })).toBe(
    'lb-1, fairlead 0.1.0, up 100 s\nannounced for 90 s (since 2023-11-14 22:13:30Z)\n' +
      'manifests: not read completely yet\n\nno range is served\n',
  );
});

test('colour marks what is announced and what is not, only when asked for, and changes no letter', () => {
  const escape = String.fromCodePoint(27);
  for (const [status, colour] of [
    [STATUS, `${escape}[32mannounced for`],
    [WITHDRAWN, `${escape}[31mwithdrawn for`],
  ] as const) {
    const coloured = render(status, TRAFFIC, { colour: true });
    expect(coloured).toContain(colour);
    expect(render(status, TRAFFIC)).not.toContain(escape);
    expect(stripVTControlCharacters(coloured)).toBe(render(status, TRAFFIC));
  }
});
