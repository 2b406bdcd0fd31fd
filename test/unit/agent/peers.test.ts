import { describe, expect, test } from 'vitest';
import { type Password, type PeerFacts, peersOf, placeName } from '../../../src/agent/peers.ts';
import type { PeerConfig, PeerPlace } from '../../../src/config/config.ts';
import type { Secret } from '../../../src/model/path.ts';

const SETTINGS = {
  as: 64500,
  port: 179,
  holdTimeSeconds: 9,
  keepaliveSeconds: 3,
  connectRetrySeconds: 5,
  passive: false,
  ttlSecurity: false,
};
const at = (address: string, more: Partial<PeerConfig> = {}): PeerConfig => ({
  ...SETTINGS,
  place: { kind: 'address', address },
  nodes: undefined,
  families: undefined,
  passwordFile: undefined,
  ...more,
});
const gateway = (place: Omit<Extract<PeerPlace, { kind: 'gateway' }>, 'kind'>, more: Partial<PeerConfig> = {}) =>
  at('', { ...more, place: { kind: 'gateway', ...place } });

const FACTS: PeerFacts = {
  node: 'lb-1',
  labels: { role: 'lb', rack: 'a' },
  gateways: new Map(),
  passwords: new Map(),
  served: ['10.99.66.0/23', '192.0.2.0/24'],
  families: ['ipv4'],
};
const resolve = (peers: readonly PeerConfig[], facts: Partial<PeerFacts> = {}) =>
  peersOf({ peers }, { ...FACTS, ...facts });
/** Each peer as its address and families. */
const sessions = (peers: readonly PeerConfig[], facts: Partial<PeerFacts> = {}): string[] =>
  resolve(peers, facts).peers.map(({ address, families }) => `${address} ${families.join('+')}`);

test('an address is a peer with the settings that are written', () => {
  const bfd = { intervalMs: 300, multiplier: 3 };
  const { peers, problems } = resolve([at('10.22.108.1', { bfd, multihopTtl: 3 })]);
  expect(peers).toStrictEqual([{ ...SETTINGS, address: '10.22.108.1', families: ['ipv4'], bfd, multihopTtl: 3 }]);
  expect(problems).toStrictEqual([]);
});

describe('a session carries', () => {
  const V4 = at('10.22.108.1');
  const V6 = at('fd22::1');
  const BOTH = { families: ['ipv4', 'ipv6'] } as const;
  test.each<[string, PeerConfig[], Partial<PeerFacts>, string[]]>([
    ['its own family where there is only that', [V4], {}, ['10.22.108.1 ipv4']],
    ['IPv6 beside over IPv4 where there are such ranges', [V4], BOTH, ['10.22.108.1 ipv4+ipv6']],
    ['its own family only beside a session over IPv6', [V4, V6], BOTH, ['10.22.108.1 ipv4', 'fd22::1 ipv6']],
    [
      'so beside a gateway of IPv6 that is not there yet, and so beside a peer of other nodes',
      [V4, gateway({ family: 'ipv6', interface: undefined }, { nodes: { names: ['lb-2'], labels: {} } })],
      BOTH,
      ['10.22.108.1 ipv4'],
    ],
    [
      'what is written',
      [at('10.22.108.1', { families: ['ipv6'] }), at('fd22::1', { families: ['ipv4', 'ipv6'] })],
      {},
      ['10.22.108.1 ipv6', 'fd22::1 ipv4+ipv6'],
    ],
  ])('%s', (_, peers, facts, expected) => {
    expect(sessions(peers, facts)).toStrictEqual(expected);
  });
});

const of = (names: string[], labels: Record<string, string> = {}) => [at('10.22.108.1', { nodes: { names, labels } })];

describe('of the nodes', () => {
  test.each<[string, PeerConfig[], number]>([
    ['this one by its name', of(['lb-2', 'lb-1']), 1],
    ['this one by all of its labels', of([], { role: 'lb', rack: 'a' }), 1],
    ['another one by its name', of(['lb-2']), 0],
    ['another one by one of the labels', of([], { role: 'lb', rack: 'b' }), 0],
    ['another one by a label that every object has', of([], { constructor: 'x' }), 0],
    ['this one by its name, whatever its labels', of(['lb-1'], { rack: 'b' }), 1],
    ['none by neither', of([]), 0],
  ])('%s', (_, peers, count) => {
    expect(resolve(peers)).toMatchObject({ peers: { length: count }, problems: [] });
  });

  test('while the labels are not known, a peer that depends on them is left out with a problem, and no other', () => {
    const unknown = { labels: undefined };
    expect(resolve([...of([], { rack: 'a' }), ...of(['lb-2'])], unknown)).toStrictEqual({
      peers: [],
      problems: ['10.22.108.1 depends on labels of this node, which are not known yet'],
      pending: ['10.22.108.1'],
    });
    expect(resolve(of(['lb-1'], { rack: 'a' }), unknown)).toMatchObject({ peers: { length: 1 }, problems: [] });
  });
});

const found = (...addresses: string[]) => ({ gateways: new Map([['gateway/ipv4', addresses]]) });

describe('a gateway', () => {
  const ANY = gateway({ family: 'ipv4', interface: undefined });
  const ETH1 = gateway({ family: 'ipv4', interface: 'eth1' });

  test('has a name', () => {
    expect([ANY, ETH1, at('fd22::1')].map(({ place }) => placeName(place))).toStrictEqual([
      'gateway/ipv4',
      'gateway/ipv4/eth1',
      'fd22::1',
    ]);
  });

  test('is a peer for each of its next hops', () => {
    expect(sessions([ANY], found('10.22.108.2', '10.22.108.1'))).toStrictEqual([
      '10.22.108.2 ipv4',
      '10.22.108.1 ipv4',
    ]);
  });

  test('that is nowhere is a problem, and the others go on', () => {
    const { peers, problems } = resolve([ETH1, at('10.22.108.1')], found('10.22.108.2'));
    expect(peers.map(({ address }) => address)).toStrictEqual(['10.22.108.1']);
    expect(problems).toStrictEqual(['gateway/ipv4/eth1: no default route with a gateway was found yet']);
  });

  test('at the address of another peer is a problem, and the first one counts', () => {
    const { peers, problems } = resolve([at('10.22.108.1', { as: 64501 }), ANY], found('10.22.108.1'));
    expect(peers).toMatchObject([{ as: 64501 }]);
    expect(problems).toStrictEqual(['10.22.108.1 is the address of two peers; the first one counts']);
  });

  test('inside what is served, or on a single link, is left out with a problem', () => {
    const { peers, problems } = resolve([ANY], found('192.0.2.1', 'fe80::1', '10.22.108.1'));
    expect(peers.map(({ address }) => address)).toStrictEqual(['10.22.108.1']);
    expect(problems).toStrictEqual([
      '192.0.2.1: expected an address outside of 192.0.2.0/24, which this node serves',
      'fe80::1: expected a global address, found one of a single link',
    ]);
  });
});

const secret: Secret = () => 'abc';

describe('a password', () => {
  const FILE = '/etc/fairlead/password';
  const PEER = at('10.22.108.1', { passwordFile: FILE });
  const passwords = (password: Password) => ({ passwords: new Map([[FILE, password]]) });

  test('that was read is that of the peer', () => {
    const { peers, problems } = resolve([PEER], passwords({ secret, problem: undefined }));
    expect(peers).toMatchObject([{ password: secret }]);
    expect(problems).toStrictEqual([]);
  });

  test('stays while its file cannot be read, with a problem', () => {
    const { peers, problems } = resolve([PEER], passwords({ secret, problem: `${FILE} is empty` }));
    expect(peers).toMatchObject([{ password: secret }]);
    expect(problems).toStrictEqual([`10.22.108.1: ${FILE} is empty`]);
  });

  test.each([
    ['was never read', passwords({ secret: undefined, problem: `${FILE} is empty` }), `${FILE} is empty`],
    ['was not looked for', {}, `${FILE} has not been read yet`],
  ])('that %s leaves its peer out, and no other', (_, facts, problem) => {
    const { peers, problems } = resolve([PEER, at('10.22.108.2')], facts);
    expect(peers.map(({ address }) => address)).toStrictEqual(['10.22.108.2']);
    expect(problems).toStrictEqual([`10.22.108.1: ${problem}`]);
  });
});

test.each<[string, PeerConfig, Partial<PeerFacts>]>([
  ['its labels', at('10.22.108.1', { nodes: { names: [], labels: { role: 'lb' } } }), { labels: undefined }],
  ['its password', at('10.22.108.1', { passwordFile: '/etc/leaf1' }), {}],
  [
    'the password of a gateway',
    gateway({ family: 'ipv4', interface: undefined }, { passwordFile: '/etc/leaf1' }),
    { gateways: new Map([['gateway/ipv4', ['10.22.108.1']]]) },
  ],
])('what an earlier agent may have known of a peer stays until this one knows %s', (_, peer, facts) => {
  expect(resolve([peer], facts)).toMatchObject({ peers: [], pending: ['10.22.108.1'] });
  expect(resolve([peer, at('10.22.108.1')], facts)).toMatchObject({ pending: [] });
});

test('of a peer that is known, or meant for others, nothing is pending', () => {
  const others = at('10.22.108.2', { nodes: { names: ['lb-2'], labels: {} } });
  expect(resolve([at('10.22.108.1'), others]).pending).toStrictEqual([]);
});
