import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { formatProblem } from '../../../src/config/problem.ts';

const HEAD = 'apiVersion: fairlead.io/v1alpha1\nkind: FairleadConfig\n';
const RANGES = 'ranges: [10.99.66.0/23]\n';
const BGP = 'bgp: {localAs: 64512, routerId: 10.22.108.100, peers: [{address: 10.22.108.1, as: 64500}]}\n';
const SMALLEST = HEAD + RANGES + BGP;

const problemsOf = (text: string) =>
  (parseConfig(text, 'lb-1').problems ?? []).map((problem) => formatProblem('f.yaml', problem));
/** Lines that replace or join those of the smallest file, and the one problem they make. */
const REFUSED: readonly (readonly [title: string, text: string, problem: string])[] = [
  ['an empty file', '', '1:1 expected a mapping, found an empty file'],
  [
    'a tab',
    `bgp:\n\tlocalAs: 1`,
    '2:1 expected spaces before a key, found a tab, which YAML does not take for indentation',
  ],
  ['a list', '- 1', '1:1 expected a mapping, found a list'],
  [
    'a missing section, at its parent',
    HEAD + RANGES,
    '1:1 bgp: expected a mapping with `localAs` and `peers`, found nothing',
  ],
  [
    'another apiVersion',
    SMALLEST.replace('v1alpha1', 'v2'),
    '1:13 apiVersion: expected "fairlead.io/v1alpha1", found "fairlead.io/v2"',
  ],
  [
    'an unknown key, with a suggestion',
    `${SMALLEST}dataplane: {schedular: rr}`,
    '5:13 dataplane.schedular: expected a known key (did you mean scheduler?), found the unknown key "schedular"',
  ],
  [
    'an unknown key close to nothing',
    `${SMALLEST}http: {teapot: 1}`,
    '5:8 http.teapot: expected one of the keys socket, address, metricsPort, found the unknown key "teapot"',
  ],
  [
    'an unknown key deep in a list',
    SMALLEST.replace('as: 64500', 'as: 64500, hold_time: 9s'),
    '4:90 bgp.peers[0].hold_time: expected a known key (did you mean holdTime?), found the unknown key "hold_time"',
  ],
  ['a section left empty', `${SMALLEST}http:`, '5:1 http: expected a mapping, found nothing'],
  [
    'two sources at once',
    `${SMALLEST}source: {manifests: {directory: /m}, kubernetes: {}}`,
    '5:9 source: expected either `manifests` or `kubernetes`, found a mapping',
  ],
  [
    'no range',
    HEAD + BGP + 'ranges: []',
    '4:9 ranges: expected a list of at least one prefix, or auto, found an empty list',
  ],
  [
    'another word for ranges',
    HEAD + BGP + 'ranges: all',
    '4:9 ranges: expected a list of at least one prefix, or auto, found "all"',
  ],
  [
    'ranges of a cluster, where there is none',
    HEAD + BGP + 'source: {manifests: {directory: /m}}\nranges: auto',
    '5:9 ranges: expected a list of prefixes: `auto` reads the ServiceCIDRs of a cluster, and needs `source.kubernetes`, found "auto"',
  ],
  [
    'overlapping ranges',
    `${HEAD}${BGP}ranges: [10.99.66.0/23, 10.99.67.0/24]`,
    '4:25 ranges[1]: expected a prefix apart from 10.99.66.0/23, found 10.99.67.0/24',
  ],
  [
    'a peer inside a range',
    SMALLEST.replace('10.22.108.1,', '10.99.67.1,'),
    '4:66 bgp.peers[0].address: expected an address outside of 10.99.66.0/23, found 10.99.67.1',
  ],
  [
    'a router id inside a range',
    SMALLEST.replace('10.22.108.100', '10.99.66.1'),
    '4:33 bgp.routerId: expected an address outside of 10.99.66.0/23, found 10.99.66.1',
  ],
  [
    'a peer twice',
    SMALLEST.replace('as: 64500}', 'as: 64500}, {address: 10.22.108.1, as: 64501}'),
    '4:101 bgp.peers[1].address: expected each peer once, or `nodes` for both, found 10.22.108.1 again',
  ],
  [
    'no peer',
    SMALLEST.replace(/peers: .*\]/, 'peers: []'),
    '4:55 bgp.peers: expected a list of at least one peer, found an empty list',
  ],
  [
    'a timeout beyond the interval',
    `${SMALLEST}health: {interval: 500ms, timeout: 1s}`,
    '5:36 health.timeout: expected at most the interval of 500ms, found 1000ms',
  ],
  ['a count of zero', `${SMALLEST}health: {rise: 0}`, '5:16 health.rise: expected a count from 1 to 100, found 0'],
  [
    'a scheduler the kernel does not have',
    `${SMALLEST}dataplane: {scheduler: random}`,
    '5:24 dataplane.scheduler: expected one of rr, wrr, lc, wlc, fo, ovf, lblc, lblcr, dh, sh, mh, sed, nq, twos, or sh or mh with their flags such as mh,mh-port,mh-fallback, found "random"',
  ],
  [
    'an allow-list inside of a range',
    `${SMALLEST}dataplane: {externalIPs: [10.99.66.64/26]}`,
    '5:27 dataplane.externalIPs[0]: expected a prefix apart from 10.99.66.0/23, found 10.99.66.64/26',
  ],
  [
    'an allow-list that overlaps itself',
    `${SMALLEST}dataplane: {loadBalancerIPs: [192.0.2.0/24, 192.0.2.1/32]}`,
    '5:45 dataplane.loadBalancerIPs[1]: expected a prefix apart from 192.0.2.0/24, found 192.0.2.1/32',
  ],
  [
    'a peer inside an allow-list',
    `${SMALLEST}dataplane: {externalIPs: [10.22.108.0/26]}`,
    '4:66 bgp.peers[0].address: expected an address outside of 10.22.108.0/26, found 10.22.108.1',
  ],
  [
    'an allow-list of one address without its length',
    `${SMALLEST}dataplane: {externalIPs: [192.0.2.1]}`,
    '5:27 dataplane.externalIPs[0]: expected a prefix such as 10.99.66.0/23 or fd99:66::/112, found "192.0.2.1"',
  ],
  [
    'a segment too small to be one (RFC 9293)',
    `${SMALLEST}dataplane: {mssClamp: 535}`,
    '5:23 dataplane.mssClamp: expected auto, off, or bytes from 536 to 9000, found 535',
  ],
  [
    'a dead agent that is withdrawn before it is deprioritised',
    `${SMALLEST}deadman: {crash: {withdraw: 10s}}`,
    '5:29 deadman.crash.withdraw: expected at least the 15000ms of deprioritise, found 10000ms',
  ],
  [
    'a grace so late that the default of the other one is before it',
    `${SMALLEST}deadman: {hang: {deprioritise: 10m}}`,
    '5:17 deadman.hang.withdraw: expected at least the 600000ms of deprioritise, found 300000ms',
  ],
  [
    'a hang that is told by less than a few beats',
    `${SMALLEST}deadman: {hang: {deprioritise: 100ms}}`,
    '5:32 deadman.hang.deprioritise: expected a duration from 500ms to 24h, such as 500ms, 3s or 1m, found "100ms"',
  ],
  [
    'a listening port of zero',
    SMALLEST.replace('localAs', 'listenPort: 0, localAs'),
    '4:19 bgp.listenPort: expected a port from 1 to 65535, or -1 to accept no session, found 0',
  ],
  [
    'AS 0 (RFC 7607)',
    SMALLEST.replace('64512', '0'),
    '4:16 bgp.localAs: expected an AS number from 1 to 4294967294, found 0',
  ],
  [
    'a number for a duration',
    `${SMALLEST}announcement: {holdDown: 10}`,
    '5:26 announcement.holdDown: expected a duration from 0s to 24h, such as 500ms, 3s or 1m, found 10',
  ],
  [
    'a taint with its effect',
    `${SMALLEST}announcement: {drain: {taints: ["maintenance:NoSchedule"]}}`,
    '5:33 announcement.drain.taints[0]: expected the key of a taint such as example.com/maintenance, found "maintenance:NoSchedule"',
  ],
];

describe('the router id', () => {
  const without = SMALLEST.replace(/routerId: [^,]+, /, '');

  test('is the address of the node where the file has none', () => {
    expect(without).not.toContain('routerId');
    expect(parseConfig(without, 'lb-1', '10.22.108.101').config?.bgp).toMatchObject({
      routerId: '10.22.108.101',
      listenAddresses: ['10.22.108.101'],
    });
  });

  test('is asked for where neither the file nor the environment has one', () => {
    const said = (parseConfig(without, 'lb-1').problems ?? []).map((problem) => formatProblem('f.yaml', problem));
    expect(said).toStrictEqual([
      expect.stringContaining('bgp.routerId: expected an IPv4 unicast address, here or in $NODE_IP'),
    ]);
  });

  test('is not taken from an address that is none', () => {
    expect(parseConfig(without, 'lb-1', 'fd00::1').problems).toHaveLength(1);
  });
});

describe('a bad file', () => {
  test.each(REFUSED)('is refused for %s', (_title, text, problem) => {
    expect(problemsOf(text)).toStrictEqual([`f.yaml:${problem}`]);
  });

  test('is refused for a gobgp API that others could reach (GHSA-v5mh-h5hx-7v92)', () => {
    const text = SMALLEST.replace('{localAs', '{gobgp: "0.0.0.0:50051", localAs');
    expect(problemsOf(text)).toStrictEqual([
      'f.yaml:4:14 bgp.gobgp: expected a unix socket or a loopback address, or `bgp.tls` beside it: this API asks for no password, found 0.0.0.0:50051',
    ]);
  });

  test('has all its problems named at once, in the order of the file', () => {
    const text = `${HEAD}ranges: [10.99.66.1/23, 10.99.0.0/16, 10.99.3.0/24]
health: {interval: 1s, timeout: 3s, rise: 0}
bgp:
  routerId: 10.99.3.3
  peers: [{address: 10.22.108.1}, {address: 10.22.108.1, as: 64500, holdTime: 2s}]
`;
    expect(problemsOf(text)).toStrictEqual([
      'f.yaml:3:10 ranges[0]: expected 10.99.66.0/23 (no bit set behind the prefix length), found "10.99.66.1/23"',
      'f.yaml:3:39 ranges[2]: expected a prefix apart from 10.99.0.0/16, found 10.99.3.0/24',
      'f.yaml:4:33 health.timeout: expected at most the interval of 1000ms, found 3000ms',
      'f.yaml:4:43 health.rise: expected a count from 1 to 100, found 0',
      'f.yaml:6:3 bgp.localAs: expected an AS number from 1 to 4294967294, found nothing',
      'f.yaml:6:13 bgp.routerId: expected an address outside of 10.99.0.0/16, found 10.99.3.3',
      'f.yaml:7:11 bgp.peers[0].as: expected an AS number from 1 to 4294967294, found nothing',
      'f.yaml:7:45 bgp.peers[1].address: expected each peer once, or `nodes` for both, found 10.22.108.1 again',
      'f.yaml:7:79 bgp.peers[1].holdTime: expected whole seconds from 3s to 65535s, found "2s"',
    ]);
  });

  test('that is no YAML is refused with the place of the mistake', () => {
    expect(problemsOf(`${HEAD}ranges: [10.99.66.0/23\nbgp: {}`)[0]).toMatch(/^f\.yaml:\d+:\d+ expected YAML, found /);
    expect(problemsOf('kind: a\n---\nkind: b')[0]).toMatch(/^f\.yaml:2:1 expected one YAML document/);
    expect(problemsOf('kind: a\nkind: b')[0]).toMatch(/^f\.yaml:2:1 expected each key once, found kind again/);
  });

  test('with an alias to nothing is refused, with the place of each', () => {
    expect(problemsOf('kind: *nowhere')).toStrictEqual([
      'f.yaml:1:7 expected an anchor `&nowhere` before it, found *nowhere',
    ]);
    const late = problemsOf(`${SMALLEST}dataplane: *a\nhttp: {socket: *b, address: *c}\ncluster: &c {x: &b 1, y: *b}`);
    expect(late.map((problem) => problem.split(' ')[0])).toStrictEqual(['f.yaml:5:12', 'f.yaml:6:16', 'f.yaml:6:29']);
  });

  test('with a bomb of aliases is refused', () => {
    const rows = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${`*k${i},`.repeat(9)}]`);
    expect(problemsOf(`k0: &k0 x\n${rows.join('\n')}`)).toStrictEqual([expect.stringContaining('few aliases')]);
  });

  test('never throws, whatever the text is', () => {
    fc.assert(fc.property(fc.string({ unit: 'grapheme' }), (text) => void parseConfig(text, 'n')));
    const json = fc.json().map((tail) => `${HEAD}ranges: ${tail}\nbgp: ${tail}`);
    fc.assert(fc.property(json, (text) => void parseConfig(text, 'n')));
  });
});
