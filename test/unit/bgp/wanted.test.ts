import { expect, test } from 'vitest';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import { checkWanted } from '../../../src/bgp/wanted.ts';

const RANGE = '10.99.66.0/23';
const RANGE6 = 'fd99:66::/112';
const PATH = { prefix: RANGE, communities: ['64512:100'], med: 4294967295 };
const PEER = { address: '10.22.108.1', as: 4200000000, holdTimeSeconds: 3, port: 179 };
const wanted: WantedBgp = {
  localAs: 64512,
  routerId: '10.22.108.100',
  listenAddresses: [],
  listenPort: -1,
  ranges: [RANGE],
  peers: [PEER],
  paths: [PATH],
};

test('leaves a good value as it is', () => {
  expect(checkWanted(wanted)).toEqual({ wanted, problems: [] });
});

test('takes an IPv6 path with the next hop it needs', () => {
  const path = { ...PATH, prefix: RANGE6, nextHop: 'fd00:22:108::100' };
  const both = { ...wanted, ranges: [RANGE, RANGE6], paths: [PATH, path] };
  expect(checkWanted(both)).toEqual({ wanted: both, problems: [] });
});

test.each([
  [{ ...PATH, prefix: RANGE6 }, 'expected a canonical IPv6 address as next hop, found none'],
  [
    { ...PATH, prefix: RANGE6, nextHop: '10.22.108.100' },
    'expected a canonical IPv6 address as next hop, found 10.22.108.100',
  ],
  [{ ...PATH, prefix: RANGE6, nextHop: 'fd00::0:1' }, 'expected a canonical IPv6 address as next hop, found fd00::0:1'],
  [{ ...PATH, nextHop: '10.22.108.100' }, 'expected no next hop for IPv4, found 10.22.108.100'],
])('leaves out %o', (path, problem) => {
  const checked = checkWanted({ ...wanted, ranges: [RANGE, RANGE6], paths: [path] });
  expect(checked).toEqual({
    wanted: { ...wanted, ranges: [RANGE, RANGE6], paths: [] },
    problems: [`path ${path.prefix}: ${problem}`],
  });
});

test('keeps apart that no paths are told and that there are none', () => {
  expect(checkWanted({ ...wanted, paths: undefined }).wanted.paths).toBeUndefined();
  expect(checkWanted({ ...wanted, paths: [] }).wanted.paths).toEqual([]);
});

test.each([
  [{ ranges: ['10.99.66.0/33', RANGE] }, '10.99.66.0/33: expected a canonical prefix'],
  [{ ranges: [RANGE, 'fd99:66::1/112'] }, 'fd99:66::1/112: expected a canonical prefix'],
  [{ paths: [PATH, { ...PATH, prefix: '10.99.66.0/33' }] }, 'path 10.99.66.0/33: expected a canonical prefix'],
  [
    { paths: [PATH, { ...PATH, prefix: '192.168.9.0/24' }] },
    'path 192.168.9.0/24: expected one of the ranges: the export policy lets nothing else out',
  ],
  [{ paths: [PATH, { ...PATH, med: 1 }] }, `path ${RANGE}: expected once, found again`],
  [{ peers: [PEER, { ...PEER, address: 'fd00::1' }] }, 'peer fd00::1: expected a canonical IPv4 address'],
  [
    { peers: [PEER, { ...PEER, address: '10.22.108.2', as: 0 }] },
    'peer 10.22.108.2: expected an AS number of 1..4294967294, found 0',
  ],
  [
    { peers: [PEER, { ...PEER, address: '10.22.108.2', holdTimeSeconds: 0 }] },
    'peer 10.22.108.2: expected a hold time of 3..65535 s, found 0',
  ],
  [
    { peers: [PEER, { ...PEER, address: '10.22.108.2', port: 0 }] },
    'peer 10.22.108.2: expected a port of 1..65535, found 0',
  ],
])('leaves out what gobgpd would misunderstand and keeps the rest: %o', (part: Partial<WantedBgp>, problem) => {
  expect(checkWanted({ ...wanted, ...part })).toEqual({ wanted, problems: [problem] });
});

test.each([
  [{ communities: ['65536:1'] }, 'expected communities as 0..65535:0..65535 (RFC 1997), found 65536:1'],
  [{ communities: ['no-export'] }, 'expected communities as 0..65535:0..65535 (RFC 1997), found no-export'],
  [{ med: -1 }, 'expected a MED of 32 bits, found -1'],
  [{ prepend: -1 }, 'expected our AS prepended 0..10 times, found -1'],
  [{ prepend: 11 }, 'expected our AS prepended 0..10 times, found 11'],
  [{ prepend: 1.5 }, 'expected our AS prepended 0..10 times, found 1.5'],
  [{ med: 4294967296 }, 'expected a MED of 32 bits, found 4294967296'],
])('refuses a path with %o', (part, problem) => {
  const checked = checkWanted({ ...wanted, paths: [{ ...PATH, ...part }] });
  expect(checked).toEqual({ wanted: { ...wanted, paths: [] }, problems: [`path ${RANGE}: ${problem}`] });
});
