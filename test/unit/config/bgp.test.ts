import { describe, expect, test } from 'vitest';
import { configOf, problemsOf } from './file-with.ts';

const OWN_AS = 'address: 10.22.108.2, as: 64512';

describe('the rest of the section is refused', () => {
  test.each([
    [
      'for an API on the network without TLS (GHSA-v5mh-h5hx-7v92)',
      { bgp: 'gobgp: "10.22.108.100:50051"' },
      'bgp.gobgp: expected a unix socket or a loopback address, or `bgp.tls` beside it: this API asks for no password, found 10.22.108.100:50051',
    ],
    [
      'for TLS without a certificate of our own',
      { bgp: 'tls: {ca: /ca, key: /key}' },
      'bgp.tls.cert: expected an absolute path, found nothing',
    ],
    [
      'for a next hop of the other family',
      { bgp: 'nextHopIPv4: "fd00::1"' },
      'bgp.nextHopIPv4: expected an IPv4 unicast address such as 10.22.108.1, found "fd00::1"',
    ],
    [
      'for a next hop that is served',
      { bgp: 'nextHopIPv4: 10.99.67.1' },
      'bgp.nextHopIPv4: expected an address outside of 10.99.66.0/23, found 10.99.67.1',
    ],
    [
      'for a range that is let in',
      { bgp: 'accept: [10.99.66.0/23]' },
      'bgp.accept[0]: expected a prefix that is not inside of 10.99.66.0/23, which is ours, found 10.99.66.0/23',
    ],
    [
      'for a part of what is served that is let in',
      { bgp: 'accept: [192.0.2.1/32]', rest: 'dataplane: {externalIPs: [192.0.2.0/24]}' },
      'bgp.accept[0]: expected a prefix that is not inside of 192.0.2.0/24, which is ours, found 192.0.2.1/32',
    ],
    [
      'for a prefix that is let in twice',
      { bgp: 'accept: [0.0.0.0/0, 0.0.0.0/0]' },
      'bgp.accept[1]: expected each prefix once, found 0.0.0.0/0 again',
    ],
    [
      'for a prefix to let in with host bits',
      { bgp: 'accept: [10.0.0.1/8]' },
      'bgp.accept[0]: expected 10.0.0.0/8 (no bit set behind the prefix length), found "10.0.0.1/8"',
    ],
  ])('%s', (_title, parts, problem) => {
    expect(problemsOf(parts)).toStrictEqual([problem]);
  });

  test('but not for a default route to let in, or for an API on the network with TLS', () => {
    const tls = 'tls: {ca: /ca, cert: /cert, key: /key}, gobgp: "10.22.108.100:50051"';
    const config = configOf({ bgp: `accept: [0.0.0.0/0, "::/0", 10.0.0.0/8], ${tls}` });
    expect(config?.bgp).toMatchObject({ accept: ['0.0.0.0/0', '::/0', '10.0.0.0/8'], tls: { serverName: undefined } });
  });
});

describe('what is announced is refused', () => {
  const MANY = Array.from({ length: 65 }, (_, index) => `"64512:${index}"`).join(', ');

  test.each([
    [
      'for a range that is neither a text nor a mapping',
      { ranges: '7' },
      'ranges[0]: expected a prefix such as 10.99.66.0/23 or fd99:66::/112, or a mapping with a `prefix`, found 7',
    ],
    [
      'for a mapping without a prefix',
      { ranges: '{med: 1}' },
      'ranges[0].prefix: expected a prefix such as 10.99.66.0/23 or fd99:66::/112, found nothing',
    ],
    [
      'for an unknown key of a range',
      { ranges: '{prefix: 10.99.66.0/23, comunities: []}' },
      'ranges[0].comunities: expected a known key (did you mean communities?), found the unknown key "comunities"',
    ],
    [
      'for a range that overlaps another one, each written in its way',
      { ranges: '10.99.66.0/23, {prefix: 10.99.67.0/24}' },
      'ranges[1].prefix: expected a prefix apart from 10.99.66.0/23, found 10.99.67.0/24',
    ],
    [
      'for a MED of more than 32 bits',
      { ranges: '{prefix: 10.99.66.0/23, med: 4294967296}' },
      'ranges[0].med: expected a MULTI_EXIT_DISC from 0 to 4294967295, found 4294967296',
    ],
    [
      'for a large community of two parts',
      { rest: 'announcement: {largeCommunities: ["64512:1"]}' },
      'announcement.largeCommunities[0]: expected a large community such as "64512:1:100", each part from 0 to 4294967295, found "64512:1"',
    ],
    [
      'for more communities than an UPDATE holds',
      { rest: `announcement: {communities: [${MANY}]}` },
      'announcement.communities: expected at most 64 communities, found a list',
    ],
    [
      'for a graceful shutdown for ever',
      { rest: 'announcement: {communities: ["65535:0"]}' },
      'announcement.communities[0]: expected a community other than GRACEFUL_SHUTDOWN, which says that a path is deprioritised, found "65535:0"',
    ],
    [
      'for more of our own AS than anybody needs',
      { rest: 'announcement: {prepend: 11}' },
      'announcement.prepend: expected a count from 0 to 10, found 11',
    ],
    [
      'for a weight of none',
      { rest: 'announcement: {weight: 0}' },
      'announcement.weight: expected a number from 1 to 1000, in units of 1 Gbit/s, or capacity, found 0',
    ],
    [
      'for single addresses where none may be served',
      { rest: 'announcement: {services: {loadBalancerIPs: true}}\ndataplane: {externalIPs: [192.0.2.0/24]}' },
      'announcement.services.loadBalancerIPs: expected false, or prefixes in dataplane.loadBalancerIPs that such addresses are in, found true',
    ],
    [
      'for a weight of no node',
      { rest: 'nodes: [{weight: 10}]' },
      'nodes[0]: expected a mapping with `names`, `labels` or both, and a `weight`, found a mapping',
    ],
    [
      'for a node without a weight',
      { rest: 'nodes: [{names: [lb-1]}]' },
      'nodes[0].weight: expected a number from 1 to 1000, in units of 1 Gbit/s, or capacity, found nothing',
    ],
    [
      'for an AS_PATH that a peer of our own AS takes for a loop',
      { peer: OWN_AS, ranges: '{prefix: 10.99.66.0/23, prepend: 2}' },
      'ranges[0].prepend: expected 0 beside a peer of our own AS, which drops such a path as a loop; other peers may have `attributes.prepend`, found 2',
    ],
  ])('%s', (_title, parts, problem) => {
    expect(problemsOf(parts)).toStrictEqual([problem]);
  });
});

test('a label named like something of the language is a label', () => {
  const rest = 'nodes: [{labels: {constructor: a, toString: b}, weight: 1}]';
  expect(configOf({ rest })?.announcement.weight[0]?.nodes?.labels).toStrictEqual({ constructor: 'a', toString: 'b' });
});
