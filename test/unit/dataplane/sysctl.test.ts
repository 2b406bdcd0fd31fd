import { expect, test } from 'vitest';
import { formatDifference, planSysctls } from '../../../src/dataplane/sysctl/plan.ts';
import { SYSCTLS } from '../../../src/dataplane/sysctl/want.ts';

const all = new Map<string, string | undefined>(SYSCTLS.map(({ key, value }) => [key, value]));
const plan = (changes: Record<string, string | undefined>): string[] =>
  planSysctls(SYSCTLS, new Map([...all, ...Object.entries(changes)])).map(formatDifference);

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
  expect(planSysctls(SYSCTLS, new Map())).toHaveLength(SYSCTLS.length);
});

test('the data plane needs forwarding, conntrack in IPVS, and clients that leave a dead real server', () => {
  expect(SYSCTLS.map(({ key, value }) => `${key}=${value}`)).toStrictEqual([
    'net/ipv4/ip_forward=1',
    'net/ipv4/vs/conntrack=1',
    'net/ipv4/vs/expire_nodest_conn=1',
    'net/ipv4/vs/expire_quiescent_template=1',
  ]);
});
