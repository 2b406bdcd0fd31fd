import { expect, test } from 'vitest';
import type { WantedBgp } from '../../../src/bgp/speaker.ts';
import { checkWanted } from '../../../src/bgp/wanted.ts';
import type { Path, Peer } from '../../../src/model/path.ts';
import { PEER as SAMPLE, RANGE, RANGE6, WANTED } from './sample.ts';

const PATH: Path = { prefix: RANGE, communities: ['64512:100'], med: 4294967295 };
const PEER = { ...SAMPLE, as: 4200000000, holdTimeSeconds: 3, keepaliveSeconds: 1 };
const wanted: WantedBgp = { ...WANTED, peers: [PEER], paths: [PATH] };

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
  [{ ...PATH, nextHop: 'fd00::1' }, 'expected a canonical IPv4 address as next hop, found fd00::1'],
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
    'path 192.168.9.0/24: expected one of the ranges, or a single address that may be announced: the export policy lets nothing else out',
  ],
  [{ paths: [PATH, { ...PATH, med: 1 }] }, `path ${RANGE}: expected once, found again`],
  [{ peers: [PEER, { ...PEER, address: 'fd00::0:1' }] }, 'peer fd00::0:1: expected a canonical address'],
  [{ hosts: ['192.0.2.1/24'] }, '192.0.2.1/24: expected a canonical prefix'],
  [{ accept: ['::/00'] }, '::/00: expected a canonical prefix'],
])('leaves out what gobgpd would misunderstand and keeps the rest: %o', (part: Partial<WantedBgp>, problem) => {
  expect(checkWanted({ ...wanted, ...part })).toEqual({ wanted, problems: [problem] });
});

test.each([
  [{ communities: ['65536:1'] }, 'expected communities as 0..65535:0..65535 (RFC 1997), found 65536:1'],
  [{ communities: ['no-export'] }, 'expected communities as 0..65535:0..65535 (RFC 1997), found no-export'],
  [{ med: -1 }, 'expected a MED of 32 bits, found -1'],
  [{ prepend: -1 }, 'expected our AS prepended 0..20 times, found -1'],
  [{ prepend: 21 }, 'expected our AS prepended 0..20 times, found 21'],
  [{ prepend: 1.5 }, 'expected our AS prepended 0..20 times, found 1.5'],
  [{ med: 4294967296 }, 'expected a MED of 32 bits, found 4294967296'],
  [{ localPref: -1 }, 'expected a LOCAL_PREF of 32 bits, found -1'],
  [
    { largeCommunities: ['64512:1'] },
    'expected large communities as three numbers of 32 bits (RFC 8092), found 64512:1',
  ],
  [
    { largeCommunities: ['64512:1:4294967296'] },
    'expected large communities as three numbers of 32 bits (RFC 8092), found 64512:1:4294967296',
  ],
  [{ linkBandwidth: 0 }, 'expected a link bandwidth above 0 bytes per second, found 0'],
  [{ linkBandwidth: 1e39 }, 'expected a link bandwidth above 0 bytes per second, found 1e+39'],
])('refuses a path with %o', (part, problem) => {
  const checked = checkWanted({ ...wanted, paths: [{ ...PATH, ...part }] });
  expect(checked).toEqual({ wanted: { ...wanted, paths: [] }, problems: [`path ${RANGE}: ${problem}`] });
});

test('takes a single address of what may be announced so, and nothing shorter or beside it', () => {
  const hosts = ['192.0.2.0/24', '2001:db8::/64'];
  const good = [
    { ...PATH, prefix: '192.0.2.7/32' },
    { ...PATH, prefix: '2001:db8::7/128', nextHop: 'fd00:22:108::100' },
  ];
  expect(checkWanted({ ...wanted, hosts, paths: good }).problems).toEqual([]);
  const bad = ['192.0.2.0/24', '192.0.2.0/31', '192.0.3.7/32'].map((prefix) => ({ ...PATH, prefix }));
  const { problems, wanted: kept } = checkWanted({ ...wanted, hosts, paths: bad });
  expect([kept.paths, problems.length]).toEqual([[], 3]);
});

test.each<[Partial<Peer>, string]>([
  [{ as: 0 }, 'expected an AS number of 1..4294967294, found 0'],
  [{ port: 0 }, 'expected a port of 1..65535, found 0'],
  [{ families: [] }, 'expected at least one family, found none'],
  [{ holdTimeSeconds: 0 }, 'expected a hold time in seconds of 3..65535, found 0'],
  [{ holdTimeSeconds: 2 }, 'expected a hold time in seconds of 3..65535, found 2'],
  [{ keepaliveSeconds: 2 }, 'expected a keepalive in seconds of 1..1, found 2'],
  [{ connectRetrySeconds: 0 }, 'expected a connect retry in seconds of 1..65535, found 0'],
  [{ localAddress: 'fd00::1' }, "expected a canonical address of the peer's family as source, found fd00::1"],
  [{ password: () => '' }, 'expected a password with a length in bytes of 1..80, found 0'],
  [{ password: () => 'x'.repeat(81) }, 'expected a password with a length in bytes of 1..80, found 81'],
  [{ ttlSecurity: true, multihopTtl: 3 }, 'expected TTL security or multihop, found both'],
  [{ multihopTtl: 1 }, 'expected a multihop TTL of 2..255, found 1'],
  [{ gracefulRestart: { restartTimeSeconds: 4096 } }, 'expected a restart time in seconds of 1..4095, found 4096'],
  [{ bfd: { intervalMs: 9, multiplier: 3 } }, 'expected a BFD interval in milliseconds of 10..60000, found 9'],
  [{ bfd: { intervalMs: 300, multiplier: 1 } }, 'expected a BFD multiplier of 2..255, found 1'],
])('refuses a peer with %o and keeps the others', (part, problem) => {
  const other = { ...PEER, address: '10.22.108.2', ...part };
  expect(checkWanted({ ...wanted, peers: [PEER, other] })).toEqual({
    wanted,
    problems: [`peer 10.22.108.2: ${problem}`],
  });
});
