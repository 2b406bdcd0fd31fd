import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensureSysctls, restoreSysctls } from '../../../src/dataplane/sysctl/apply.ts';
import { formatOriginals, parseOriginals } from '../../../src/dataplane/sysctl/parse.ts';
import { formatDifference, planRestore, planSysctls } from '../../../src/dataplane/sysctl/plan.ts';
import { wantedSysctls } from '../../../src/dataplane/sysctl/want.ts';

const DUAL = wantedSysctls(['ipv4', 'ipv6']);
const all = new Map<string, string | undefined>(DUAL.map(({ key, value }) => [key, value]));
const listening = new Map([
  ['eth0', '1'],
  ['eth1', '0'],
  ['eth2', '2'],
]);
const plan = (changes: Record<string, string | undefined>): string[] =>
  planSysctls(DUAL, new Map([...all, ...Object.entries(changes)]), () => listening).map(formatDifference);

test('a kernel that is set right needs nothing', () => {
  expect(plan({})).toStrictEqual([]);
});

test('only what differs is set, with what was found', () => {
  expect(plan({ 'net/ipv4/ip_forward': '0', 'net/ipv4/vs/conntrack': '0' })).toStrictEqual([
    'net/ipv4/ip_forward: expected 1, found 0',
    'net/ipv4/vs/conntrack: expected 1, found 0',
  ]);
});

test('a setting that this kernel does not have is named as such', () => {
  expect(plan({ 'net/ipv4/vs/conntrack': undefined })).toStrictEqual([
    'net/ipv4/vs/conntrack: expected 1, found no such setting',
  ]);
});

test('a kernel of which nothing was read needs everything', () => {
  expect(planSysctls(DUAL, new Map())).toHaveLength(DUAL.length);
});

test('the data plane needs forwarding in its families, conntrack in IPVS, and clients that leave a dead real server', () => {
  expect(wantedSysctls(['ipv4']).map(({ key, value }) => `${key}=${value}`)).toStrictEqual([
    'net/ipv4/ip_forward=1',
    'net/ipv4/vs/conntrack=1',
    'net/ipv4/vs/expire_nodest_conn=1',
    'net/ipv4/vs/expire_quiescent_template=1',
  ]);
  expect(wantedSysctls(['ipv6'])[0]).toStrictEqual({ key: 'net/ipv6/conf/all/forwarding', value: '1' });
});

test('before IPv6 is forwarded, an interface that listens to router advertisements is told to go on listening', () => {
  expect(plan({ 'net/ipv6/conf/all/forwarding': '0' })).toStrictEqual([
    'net/ipv6/conf/eth0/accept_ra: expected 2, found 1',
    'net/ipv6/conf/all/forwarding: expected 1, found 0',
  ]);
});

test('on a node that forwards already, and on one without IPv6, no interface is touched', () => {
  expect(plan({})).toStrictEqual([]);
  expect(plan({ 'net/ipv6/conf/all/forwarding': undefined })).toHaveLength(1);
});

describe('the values from before', () => {
  const noted = new Map([
    ['net/ipv6/conf/eth0/accept_ra', '1'],
    ['net/ipv6/conf/all/forwarding', '0'],
  ]);

  test('are put back in reverse, without what is so already and what is no longer there', () => {
    const kernel = new Map([
      ['net/ipv6/conf/eth0/accept_ra', '2'],
      ['net/ipv6/conf/all/forwarding', '1'],
      ['net/ipv4/ip_forward', '1'],
    ]);
    const originals = new Map([...noted, ['net/ipv4/ip_forward', '1'], ['net/ipv6/conf/gone/accept_ra', '1']]);
    expect(planRestore(originals, kernel).map(({ key, value }) => `${key}=${value}`)).toStrictEqual([
      'net/ipv6/conf/all/forwarding=0',
      'net/ipv6/conf/eth0/accept_ra=1',
    ]);
  });

  test('read as they were written', () => {
    expect(parseOriginals(formatOriginals(noted))).toStrictEqual(noted);
  });

  test.each([
    '',
    'nonsense',
    '[]',
    'null',
    '7',
    '{"net/ipv4/ip_forward": 0}',
    '{"net/../kernel/panic": "1"}',
    '{"kernel/panic": "1"}',
  ])('are none in %j', (text) => {
    expect([...parseOriginals(text)]).toStrictEqual([]);
  });
});

describe('on files', () => {
  let folder: string;
  const file = (name: string): string => join(folder, name);
  const read = (key: string): string => readFileSync(file(`sys/${key}`), 'utf8').trim();
  const put = (key: string, value: string): void => {
    mkdirSync(dirname(file(`sys/${key}`)), { recursive: true });
    writeFileSync(file(`sys/${key}`), `${value}\n`);
  };
  const notes = (): unknown => JSON.parse(readFileSync(file('run/sysctls.json'), 'utf8'));
  const ensure = () => ensureSysctls(DUAL, file('run/sysctls.json'), file('sys'));

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fairlead-sysctl-'));
    for (const { key } of DUAL) put(key, '1');
    for (const name of ['all', 'default', 'lo', 'eth0']) put(`net/ipv6/conf/${name}/accept_ra`, '1');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  test('what is changed is noted once, with the value from before the first change, and can be put back', async () => {
    put('net/ipv4/ip_forward', '0');
    put('net/ipv6/conf/all/forwarding', '0');
    expect((await ensure()).problems).toStrictEqual([]);
    const expected = {
      'net/ipv6/conf/eth0/accept_ra': '1',
      'net/ipv4/ip_forward': '0',
      'net/ipv6/conf/all/forwarding': '0',
    };
    expect(notes()).toStrictEqual(expected);
    put('net/ipv4/ip_forward', '7');
    expect((await ensure()).changes).toHaveLength(1);
    expect(notes()).toStrictEqual(expected);

    expect(await restoreSysctls(file('run/sysctls.json'), file('sys'))).toMatchObject({ problems: [] });
    const found = Object.keys(expected).map((key) => [key, read(key)]);
    expect(Object.fromEntries(found)).toStrictEqual(expected);
    expect(read('net/ipv6/conf/default/accept_ra')).toBe('1');
    expect(notes).toThrow(/ENOENT/);
  });

  test('a kernel that is right makes no file, and without a file there is nothing to put back', async () => {
    expect(await ensure()).toStrictEqual({ changes: [], problems: [] });
    expect(notes).toThrow(/ENOENT/);
    expect(await restoreSysctls(file('run/sysctls.json'), file('sys'))).toStrictEqual({ changes: [], problems: [] });
  });

  test('where nothing can be noted, the kernel is set all the same', async () => {
    put('net/ipv4/ip_forward', '0');
    writeFileSync(file('run'), 'in the way');
    expect((await ensure()).problems).toStrictEqual([]);
    expect(read('net/ipv4/ip_forward')).toBe('1');
  });

  test('a setting that cannot be set is a problem that names both values', async () => {
    rmSync(file('sys/net/ipv4/vs'), { recursive: true });
    const { problems } = await ensure();
    expect(problems).toContain('still to do: net/ipv4/vs/conntrack: expected 1, found no such setting');
  });
});
