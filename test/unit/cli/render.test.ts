import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { renderRemovals, renderStatus } from '../../../src/cli/render.ts';
import type { Status } from '../../../src/model/status.ts';
import { STATUS, WITHDRAWN } from '../http/status.ts';

const headlineOf = (status: Status): string | undefined => renderStatus(status, false).split('\n')[1];

test('a drain is told below what is announced, with who asks for it', () => {
  expect(renderStatus(WITHDRAWN, false).split('\n')[2]).toBe(
    'drain by order: withdrawn, waits for 3 connections to end, 230 s left',
  );
});

test('a status reads from what is announced down to what is left out', () => {
  expect(renderStatus(STATUS, false)).toBe(`\
lb-1  fairlead 0.1.0
10.99.66.0/23  announced for 90 s
source manifests: 2 services, 1 slices

Conditions
  CODE       EFFECT   DETAIL
  peer-down  reports  10.22.108.2 is active

History
  UNTIL     ANNOUNCEMENT
  95 s ago  withdrawn: starting (nothing is proven yet)
  90 s ago  deprioritised: probe-failed (timed-out)

Peers
  PEER         AS     STATE        BFD   ANNOUNCED TO IT  ACCEPTED FROM IT  LAST ERROR
  10.22.108.1  64500  established  up    10.99.66.0/23    0.0.0.0/0         -
  10.22.108.2  64500  active       down  nothing          nothing           hold timer expired

Checks
  CHECK  HEALTH     STREAK  LAST OUTCOME
  ipvs   healthy    9       in place
  probe  undecided  0       not run yet

Other nodes
  NODE  ANNOUNCEMENT   FAULTS
  lb-2  announced      none
  lb-3  deprioritised  probe-failed

Virtual servers
  VIRTUAL SERVER             SCHEDULER  REAL SERVERS
  tcp/10.99.66.0:9 (canary)  rr         169.254.77.6:40000
  tcp/10.99.66.10:80         rr         10.1.0.101:8080 10.1.0.102:8080 (weight 0)

Left out
  OBJECT              REASON        DETAIL
  Service default/db  no-endpoints  port 5432/tcp has no EndpointSlice
`);
});

test('ranges of the cluster are told with the objects they come from', () => {
  const serviceCidrs = {
    objects: { kubernetes: ['10.99.66.0/23'], extra: ['10.99.80.0/24'] },
    synced: true,
    problem: '',
  };
  const line = (synced: boolean) =>
    renderStatus({ ...STATUS, serviceCidrs: { ...serviceCidrs, synced } }, false).split('\n')[3];
  expect(line(true)).toBe('ranges of the ServiceCIDRs: extra (10.99.80.0/24), kubernetes (10.99.66.0/23)');
  expect(line(false)).toBe('ranges of the ServiceCIDRs: as last known, not read yet');
});

test('the tables of what is served and what is left out are in order, however they came about', () => {
  const backwards = {
    ...STATUS,
    virtualServers: STATUS.virtualServers.toReversed(),
    skipped: ['b', 'c', 'a'].map((object) => ({ object, reason: 'headless', detail: '' }) as const),
  };
  const text = renderStatus(backwards, false);
  expect(text.match(/tcp\/\S+/g)).toStrictEqual(['tcp/10.99.66.0:9', 'tcp/10.99.66.10:80']);
  expect(text.match(/^ {2}[abc] /gm)).toStrictEqual(['  a ', '  b ', '  c ']);
});

test('a check that could not be run shows that beside what it found last', () => {
  const checks = STATUS.checks.map((check) => ({ ...check, broken: 'EMFILE' }));
  expect(renderStatus({ ...STATUS, checks }, false)).toContain('in place (could not be run: EMFILE)');
});

test('a condition shows the effect that it has, not that of its code', () => {
  const conditions = [{ code: 'own-check-failed', detail: 'dns: timed out', effect: 'withdraws' }] as const;
  expect(renderStatus({ ...STATUS, conditions }, false)).toMatch(/own-check-failed +withdraws +dns: timed out/);
});

test('a withdrawal gives its reason and what was found', () => {
  expect(headlineOf(WITHDRAWN)).toBe('10.99.66.0/23  withdrawn for 60 s: probe-failed (10.99.66.10:80 timed-out)');
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
  };
  const source = { ...STATUS.source, synced: false };
  expect(renderStatus({ ...bare, source }, false)).toBe(
    'lb-1  fairlead 0.1.0\nno range  announced for 90 s\nsource manifests: not synced yet\n',
  );
});

test.each([
  [0, '0 s'],
  [119_000, '119 s'],
  [120_000, '2 min'],
  [7_100_000, '118 min'],
  [7_200_000, '2 h'],
  [-5000, '0 s'],
])('%i ms read as %s', (age, text) => {
  const announcement = { state: 'announced', since: STATUS.at - age } as const;
  expect(headlineOf({ ...STATUS, announcement })).toBe(`10.99.66.0/23  announced for ${text}`);
});

test('colour marks what is announced and what is not, only when asked for, and changes no letter', () => {
  const green = `${String.fromCodePoint(27)}[32m`;
  const red = `${String.fromCodePoint(27)}[31m`;
  for (const [status, colour] of [
    [STATUS, green],
    [WITHDRAWN, red],
  ] as const) {
    expect(renderStatus(status, true)).toContain(colour);
    expect(renderStatus(status, false)).not.toContain(String.fromCodePoint(27));
    expect(stripVTControlCharacters(renderStatus(status, true))).toBe(renderStatus(status, false));
  }
});

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

test('single addresses are counted and not named, of which there may be thousands', () => {
  const [first, second] = STATUS.peers;
  if (first === undefined || second === undefined) throw new Error('expected two peers');
  const advertised = [...first.advertised, '192.0.2.1/32', '192.0.2.2/32'];
  const status = { ...STATUS, announcedAddresses: 2, peers: [{ ...first, advertised }, second] };
  expect(headlineOf(status)).toMatch(/^10\.99\.66\.0\/23, single addresses: 2 {2}announced/);
  expect(renderStatus(status, false)).toMatch(/10\.22\.108\.1 +64500 +established +up +10\.99\.66\.0\/23, 2 more +0/);
});

test('of peers there is no column that none of them has anything to say in', () => {
  const peers = STATUS.peers.map(({ address, advertised, as, state }) => ({ address, advertised, as, state }));
  expect(renderStatus({ ...STATUS, peers }, false)).toContain(`\
Peers
  PEER         AS     STATE        ANNOUNCED TO IT
  10.22.108.1  64500  established  10.99.66.0/23
  10.22.108.2  64500  active       nothing
`);
});

const partOf = (census: Status['census']): string =>
  renderStatus({ ...STATUS, census }, false)
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
