import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { configOf, fileWith, problemsOf } from './file-with.ts';

const LEAF2 = 'address: 10.22.108.2, as: 64501';
const OWN_AS = 'address: 10.22.108.2, as: 64512';
const ONE_PLACE = 'exactly one of `address` and `gateway`';
const SPEAKER = 'an IPv4 unicast or a global IPv6 address such as 10.22.108.1 or fd00:22:108::1';
const BFD = '300x3, 100x3, or a mapping with an `interval` and a `multiplier`';
const GRACES = 'whole seconds from 1s to 4095s';

describe('a peer is refused', () => {
  test.each([
    ['without a place', 'as: 64501', `: expected ${ONE_PLACE}, found a mapping`],
    ['with two places', `${LEAF2}, gateway: ipv4`, `: expected ${ONE_PLACE}, found a mapping`],
    [
      'at an interface (unnumbered)',
      'interface: eth0, as: 64501',
      '.interface: expected `gateway` beside `interface`: gobgpd cannot hold unnumbered sessions, for it sends no router advertisements, found "eth0"',
    ],
    [
      'at an address of an interface',
      'address: fe80::1, interface: eth0, as: 64501',
      `.address: expected ${SPEAKER}, found "fe80::1"`,
    ],
    ['at a gateway of no family', 'gateway: v4, as: 64501', '.gateway: expected one of ipv4, ipv6, found "v4"'],
    [
      'with an interface that can be none',
      'gateway: ipv4, interface: "a b", as: 64501',
      '.interface: expected the name of an interface such as eth0, found "a b"',
    ],
    [
      'with a keepalive that a third of the hold time does not cover (RFC 4271 section 4.4)',
      `${LEAF2}, holdTime: 10s, keepalive: 4s`,
      '.keepalive: expected at most 3s, a third of the hold time of 10s, found 4s',
    ],
    [
      'with the keepalive of another hold time',
      `${LEAF2}, keepalive: 10s`,
      '.keepalive: expected at most 3s, a third of the hold time of 9s, found 10s',
    ],
    [
      'with a retry of no time',
      `${LEAF2}, connectRetry: 0s`,
      '.connectRetry: expected whole seconds from 1s to 300s, found "0s"',
    ],
    [
      'with no family',
      `${LEAF2}, families: []`,
      '.families: expected a list of ipv4, ipv6 or both, found an empty list',
    ],
    [
      'with GTSM over several hops',
      `${LEAF2}, ttlSecurity: true, multihop: 5`,
      '.multihop: expected `multihop` or `ttlSecurity`: the one lets routers pass packets on, the other drops what they did (RFC 5082), found both',
    ],
    [
      'with multihop inside of our own AS',
      `${OWN_AS}, multihop: 5`,
      '.multihop: expected no `multihop` for a peer of our own AS, whose session may pass any number of routers as it is, found 5',
    ],
    ['with a TTL of one hop', `${LEAF2}, multihop: 1`, '.multihop: expected a TTL from 2 to 255, found 1'],
    [
      'with BFD over several hops',
      `${LEAF2}, multihop: 2, bfd: 300x3`,
      '.bfd: expected `bfd` or `multihop`: gobgpd speaks BFD over a single hop only (RFC 5881), found both',
    ],
    [
      'with BFD and graceful restart',
      `${LEAF2}, gracefulRestart: {}, bfd: 300x3`,
      '.bfd: expected `bfd` or `gracefulRestart`: BFD inside gobgpd ends with it, and some switches then drop the paths that a graceful restart is to keep, found both',
    ],
    ['with another BFD', `${LEAF2}, bfd: 200x3`, `.bfd: expected ${BFD}, found "200x3"`],
    [
      'with half of a BFD',
      `${LEAF2}, bfd: {interval: 1s}`,
      '.bfd.multiplier: expected a count from 2 to 255, found nothing',
    ],
    [
      'with a BFD that no software keeps up with',
      `${LEAF2}, bfd: {interval: 10ms, multiplier: 3}`,
      '.bfd.interval: expected a duration from 50ms to 10s, such as 500ms, 3s or 1m, found "10ms"',
    ],
    [
      'with an unknown key of a BFD',
      `${LEAF2}, bfd: {interval: 1s, multiplyer: 3, multiplier: 3}`,
      '.bfd.multiplyer: expected a known key (did you mean multiplier?), found the unknown key "multiplyer"',
    ],
    [
      'with a restart time of more than 12 bits (RFC 4724)',
      `${LEAF2}, gracefulRestart: {restartTime: 4096s}`,
      `.gracefulRestart.restartTime: expected ${GRACES}, found "4096s"`,
    ],
    [
      'from an address of another family',
      `${LEAF2}, localAddress: "fd00::1"`,
      '.localAddress: expected an address of the family of the peer, ipv4, found fd00::1',
    ],
    [
      'from an address of another family than the gateway',
      'gateway: ipv6, as: 64501, localAddress: 10.22.108.100',
      '.localAddress: expected an address of the family of the peer, ipv6, found 10.22.108.100',
    ],
    [
      'from an address that is served',
      `${LEAF2}, localAddress: 10.99.66.1`,
      '.localAddress: expected an address outside of 10.99.66.0/23, found 10.99.66.1',
    ],
    [
      'that is passive over a family nothing listens on',
      'address: "fd00::1", as: 64501, passive: true',
      '.passive: expected an address of ipv6 in `bgp.listenAddresses`, on which a passive session is accepted, found none',
    ],
    [
      'of another AS with a LOCAL_PREF (RFC 4271 section 5.1.5)',
      `${LEAF2}, attributes: {localPref: 200}`,
      '.attributes.localPref: expected no `localPref` for a peer of another AS, which is never sent one (RFC 4271 section 5.1.5), found 200',
    ],
    [
      'of our own AS with a longer AS_PATH (RFC 4271 section 9.1.2)',
      `${OWN_AS}, attributes: {prepend: 1}`,
      '.attributes.prepend: expected no `prepend` for a peer of our own AS, which drops a path with its AS in it as a loop (RFC 4271 section 9.1.2), found 1',
    ],
    [
      'for no node',
      `${LEAF2}, nodes: {}`,
      '.nodes: expected a mapping with `names`, `labels` or both, found a mapping',
    ],
    [
      'for a node that can have no such label',
      `${LEAF2}, nodes: {labels: {"role=lb": ""}}`,
      '.nodes.labels.role=lb: expected the key of a label such as topology.kubernetes.io/rack, found the key "role=lb"',
    ],
    [
      'for a label with a number, which is none',
      `${LEAF2}, nodes: {labels: {rack: 7}}`,
      '.nodes.labels.rack: expected the value of a label: at most 63 letters, digits and -_. as a text, found 7',
    ],
    [
      'that is there twice, once for some nodes',
      'address: 10.22.108.1, as: 64500, nodes: {names: [lb-1]}',
      '.address: expected each peer once, or `nodes` for both, found 10.22.108.1 again',
    ],
    [
      'with a graceful shutdown for ever',
      `${LEAF2}, attributes: {communities: ["65535:0"]}`,
      '.attributes.communities[0]: expected a community other than GRACEFUL_SHUTDOWN, which says that a path is deprioritised, found "65535:0"',
    ],
  ])('%s', (_title, peer, problem) => {
    expect(problemsOf({ peer })).toStrictEqual([`bgp.peers[1]${problem}`]);
  });

  test('that is passive where no session is accepted', () => {
    expect(problemsOf({ bgp: 'listenPort: -1', peer: `${LEAF2}, passive: true` })).toStrictEqual([
      'bgp.peers[1].passive: expected a `bgp.listenPort` other than -1, on which a passive session is accepted, found -1',
    ]);
  });

  test('that is the same gateway twice', () => {
    const twice =
      'peers: [{gateway: ipv4, interface: eth0, as: 1}, {gateway: ipv4, interface: eth1, as: 1}, {gateway: ipv4, interface: eth0, as: 1}]';
    const text = fileWith({}).replace(/peers: .*\]/, twice);
    expect(parseConfig(text, 'lb-1').problems).toMatchObject([
      { path: 'bgp.peers[2].gateway', found: 'ipv4 through eth0 again' },
    ]);
  });

  test('with all that is wrong about it at once', () => {
    expect(problemsOf({ peer: 'address: 10.99.66.1, as: 0, holdTime: 1s, bfd: 300x3, multihop: 3' })).toHaveLength(4);
  });
});

test('a peer may stand there once for each kind of node', () => {
  const peers =
    'peers: [{address: 10.22.108.1, as: 1, nodes: {names: [a]}}, {address: 10.22.108.1, as: 2, nodes: {names: [b]}}]';
  expect(parseConfig(fileWith({}).replace(/peers: .*\]/, peers), 'lb-1').config?.bgp.peers).toHaveLength(2);
});

test('a peer of our own AS may have a LOCAL_PREF, GTSM and BFD', () => {
  const peer = `${OWN_AS}, ttlSecurity: true, bfd: 100x3, attributes: {localPref: 200}`;
  expect(configOf({ peer })?.bgp.peers[1]).toMatchObject({ onTop: { localPref: 200, med: 0, prepend: 0 } });
});

test('a peer with nothing on top has none, so that no policy is made for it', () => {
  const peer = `${LEAF2}, attributes: {communities: [], med: 0, prepend: 0}`;
  expect(configOf({ peer })?.bgp.peers[1]).not.toHaveProperty('onTop');
});

test.each(['eth0', 'bond0.108', 'enp3s0f0np0', 'a'])('%s may be the name of an interface', (name) => {
  const { place } = configOf({ peer: `gateway: ipv6, interface: ${name}, as: 1` })?.bgp.peers[1] ?? {};
  expect(place).toStrictEqual({ kind: 'gateway', family: 'ipv6', interface: name });
});

test.each(['.', '..', 'a/b', 'eth0:1', 'a b', 'x'.repeat(16), ''])(
  '%j is none (dev_valid_name in the kernel)',
  (name) => {
    expect(problemsOf({ peer: `gateway: ipv6, interface: "${name}", as: 1` })).toHaveLength(1);
  },
);

describe('the password of a session', () => {
  test('is refused in the file itself, with what to do instead', () => {
    expect(problemsOf({ peer: `${LEAF2}, password: hunter2` })).toStrictEqual([
      'bgp.peers[1].password: expected `passwordFile` with the path of a file: no password stands in here, found the unknown key "password"',
    ]);
  });

  test('is not shown where it was taken for the path of its file', () => {
    expect(problemsOf({ peer: `${LEAF2}, passwordFile: hunter2` })).toStrictEqual([
      'bgp.peers[1].passwordFile: expected an absolute path, found another text',
    ]);
  });
});

test('any value at any key makes a configuration or problems, and never a throw', () => {
  const key = fc.constantFrom(
    'address', 'gateway', 'interface', 'as', 'nodes', 'families', 'holdTime', 'keepalive', 'passive', 'localAddress',
    'multihop', 'bfd', 'gracefulRestart', 'attributes', 'passwordFile', 'ttlSecurity', 'password', '__proto__',
  ); // prettier-ignore
  const value = fc.oneof(
    fc.jsonValue({ maxDepth: 2 }),
    fc.constantFrom('10.22.108.1', 'fd00::1', 'ipv4', 'eth0', 64512, '9s', true, '300x3', {}, { localPref: 1 }, [
      'ipv4',
    ]),
  );
  const peer = fc.dictionary(key, value).map((written) => JSON.stringify(written).slice(1, -1));
  fc.assert(
    fc.property(peer, fc.json({ maxDepth: 2 }), (one, other) => {
      const { config, problems } = parseConfig(fileWith({ peer: one, ranges: other }), 'lb-1');
      expect(config === undefined).toBe(problems !== undefined && problems.length > 0);
      for (const { expected, found } of problems ?? [])
        expect([typeof expected, typeof found]).toStrictEqual(['string', 'string']);
    }),
    { numRuns: 300 },
  );
});
