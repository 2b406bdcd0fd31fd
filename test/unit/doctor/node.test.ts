import { describe, expect, test } from 'vitest';
import { conntrackFindings } from '../../../src/doctor/conntrack.ts';
import { kernelClockFindings } from '../../../src/doctor/kernel-clock.ts';
import { moduleFindings, type ModuleState, wantedModules } from '../../../src/doctor/modules.ts';
import { type ProgramFacts, programFindings } from '../../../src/doctor/program.ts';
import { reversePathFinding, type SettingFacts, settingFindings } from '../../../src/doctor/settings.ts';
import { wantedSysctls } from '../../../src/dataplane/sysctl/want.ts';
import { configOf } from './config.ts';
import { commandIn, told, wrong } from './told.ts';

describe('the program', () => {
  const GOOD: ProgramFacts = {
    node: '24.11.0',
    wantedNode: '24',
    kernel: '6.1.0-30-amd64',
    capabilities: 0x1ff_ffff_ffffn,
    native: undefined,
  };

  test.each<[Partial<ProgramFacts>, string[]]>([
    [{}, []],
    [{ node: '24.0.0' }, []],
    [{ node: '22.15.1' }, ['error node.js']],
    [{ kernel: '5.9.0' }, []],
    [{ kernel: '5.10.1' }, []],
    [{ kernel: '5.8.18' }, ['warning kernel']],
    [{ kernel: '4.20.0' }, ['warning kernel']],
    [{ kernel: '4.19.0-27-amd64' }, ['error kernel']],
    [{ capabilities: (1n << 12n) | (1n << 13n) | (1n << 21n) }, []],
    [{ capabilities: (1n << 12n) | (1n << 13n) }, ['error capabilities']],
    [{ capabilities: { problem: 'ENOENT' } }, ['warning look: capabilities']],
    [{ native: { problem: 'Cannot find module' } }, ['error native module']],
  ])('of %o it is wrong: %j', (facts, expected) => {
    expect(wrong(programFindings({ ...GOOD, ...facts }))).toStrictEqual(expected);
  });

  test('a capability that is missing is named as the manifest has it', () => {
    const [, , found] = programFindings({ ...GOOD, capabilities: 1n << 13n });
    expect(found).toMatchObject({ found: 'without NET_ADMIN, SYS_ADMIN: the kernel refuses the agent' });
    expect(found?.remedy).toContain('[NET_ADMIN, SYS_ADMIN] to securityContext.capabilities');
  });
});

describe('kernel modules', () => {
  const wanted = wantedModules(configOf('dataplane: { scheduler: mh }').dataplane);
  const judged = (states: Record<string, ModuleState>, sealed = false) =>
    moduleFindings(wanted, { states: new Map(Object.entries(states)), sealed });
  const LOADED: Record<string, ModuleState> = {
    ip_vs: 'loaded',
    ip_vs_mh: 'built in',
    nf_conntrack: 'loaded',
    nf_conntrack_netlink: 'loadable',
  };

  test('loaded, built in and loadable will do', () => {
    expect(judged(LOADED).map(told)).toStrictEqual([
      'ok module: ip_vs: loaded',
      'ok module: ip_vs_mh: built in',
      'ok module: nf_conntrack: loaded',
      'ok module: nf_conntrack_netlink: not loaded; the kernel loads it when the agent asks',
    ]);
  });

  test.each<[Record<string, ModuleState>, boolean, string[]]>([
    [{ ip_vs: 'absent' }, false, ['error module: ip_vs']],
    [{ ip_vs_mh: 'absent' }, false, ['error module: ip_vs_mh']],
    [{ nf_conntrack_netlink: 'absent' }, false, ['warning module: nf_conntrack_netlink']],
    [{ ip_vs: 'unknown' }, false, ['warning module: ip_vs']],
    [{ ip_vs: 'loadable' }, true, ['error module: ip_vs', 'warning module: nf_conntrack_netlink']],
  ])('%j (sealed: %j) is %j', (states, sealed, expected) => {
    expect(wrong(judged({ ...LOADED, ...states }, sealed))).toStrictEqual(expected);
  });

  test('a module that can be loaded has the command, one that there is not has none', () => {
    expect(commandIn(judged({ ip_vs: 'unknown' })[0])).toBe('modprobe ip_vs');
    expect(judged({ ...LOADED, ip_vs: 'absent' })[0]?.remedy).toBe('install a kernel with ip_vs');
  });

  test('on top of another proxy none is needed', () => {
    expect(wantedModules(configOf('dataplane: { mode: none }').dataplane).size).toBe(0);
  });
});

describe('kernel settings', () => {
  const wanted = wantedSysctls(['ipv4', 'ipv6']);
  const facts = (values: Record<string, string | undefined> = {}, more: Partial<SettingFacts> = {}): SettingFacts => ({
    actual: new Map([...wanted.map(({ key, value }) => [key, value] as const), ...Object.entries(values)]),
    listening: new Map([['eth0', '1']]),
    writable: false,
    advertised: [],
    ...more,
  });

  test('set as the agent wants them', () => {
    expect(wrong(settingFindings(wanted, facts()))).toStrictEqual([]);
    expect(settingFindings(wanted, facts())).toHaveLength(5);
  });

  test('one that is wrong where the agent cannot set it is an error, with the command', () => {
    const [found] = settingFindings(wanted, facts({ 'net/ipv4/vs/conntrack': '0' }));
    expect(found && told(found)).toBe(
      'error sysctl: net/ipv4/vs/conntrack: expected 1, found 0, and /proc/sys is read-only here',
    );
    expect(commandIn(found)).toBe('sysctl -w net.ipv4.vs.conntrack=1');
  });

  test('and a warning where it can', () => {
    const found = settingFindings(wanted, facts({ 'net/ipv4/ip_forward': '0' }, { writable: true }));
    expect(wrong(found)).toStrictEqual(['warning sysctl: net/ipv4/ip_forward']);
    const absent = facts({ 'net/ipv4/vs/conntrack': undefined }, { writable: true });
    expect(wrong(settingFindings(wanted, absent))).toStrictEqual([]);
    const forbidden = settingFindings(wanted, facts({ 'net/ipv4/vs/conntrack': undefined }))[0];
    expect(commandIn(forbidden)).toBe('modprobe ip_vs; sysctl -w net.ipv4.vs.conntrack=1');
  });

  test('an interface is told to go on listening before forwarding is switched on', () => {
    const found = settingFindings(wanted, facts({ 'net/ipv6/conf/all/forwarding': '0' }));
    expect(found.slice(0, 2).map(commandIn)).toStrictEqual([
      'sysctl -w net.ipv6.conf.eth0.accept_ra=2',
      'sysctl -w net.ipv6.conf.all.forwarding=1',
    ]);
  });

  test('one that forwards and has its route from a router has to listen', () => {
    const found = settingFindings(wanted, facts({}, { advertised: ['eth0'] }));
    expect(wrong(found)).toStrictEqual(['error sysctl: net/ipv6/conf/eth0/accept_ra']);
    expect(wrong(settingFindings(wantedSysctls(['ipv4']), facts({}, { advertised: ['eth0'] })))).toStrictEqual([]);
  });

  test.each([
    [0, 0, false, 'ok rp_filter: eth1.100: 0: off'],
    [1, 2, false, 'ok rp_filter: eth1.100: 2: loose'],
    [2, 1, false, 'ok rp_filter: eth1.100: 2: loose'],
    [0, 1, true, 'ok rp_filter: eth1.100: 1: strict, and the default route leads out there'],
  ])('rp_filter %i for all and %i, default route: %j, is %s', (all, own, leadsBack, expected) => {
    expect(told(reversePathFinding({ name: 'eth1.100', all, own, leadsBack }))).toBe(expected);
  });

  test.each([
    [1, 0],
    [0, 1],
    [1, 1],
  ])('strict (%i, %i) without a way back is a warning, with the command', (all, own) => {
    const found = reversePathFinding({ name: 'eth1.100', all, own, leadsBack: false });
    expect(found.severity).toBe('warning');
    expect(commandIn(found)).toBe('sysctl -w net.ipv4.conf.eth1/100.rp_filter=2');
  });
});

test.each([
  [{ count: 10, max: 262_144, buckets: 262_144 }, []],
  [{ count: 10, max: 262_144, buckets: 65_536 }, []],
  [{ count: 10, max: 262_144, buckets: 65_535 }, ['warning conntrack: buckets']],
  [{ count: 10, max: 262_144, buckets: undefined }, []],
  [{ count: 10, max: 0, buckets: 16 }, []],
  [{ count: 10, max: 32_767, buckets: 32_767 }, ['warning conntrack']],
  [{ count: 131_073, max: 262_144, buckets: 262_144 }, ['warning conntrack']],
  [{ count: 249_037, max: 262_144, buckets: 262_144 }, ['error conntrack']],
  [undefined, []],
])('of a conntrack table of %j it is wrong: %j', (facts, expected) => {
  expect(wrong(conntrackFindings(facts))).toStrictEqual(expected);
});

test('a clock that nobody keeps is a warning; where the kernel does not say, nothing is said', () => {
  expect(wrong(kernelClockFindings(false))).toStrictEqual(['warning kernel clock']);
  expect(wrong(kernelClockFindings(true))).toStrictEqual([]);
  expect(kernelClockFindings(undefined)).toStrictEqual([]);
});
