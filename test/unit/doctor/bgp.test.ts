import { describe, expect, test } from 'vitest';
import { type GobgpdFacts, gobgpdFindings } from '../../../src/doctor/gobgpd.ts';
import { nextHopIn, type PeerFacts, peerFindings } from '../../../src/doctor/peers.ts';
import { parseSockets, parseUnixListeners } from '../../../src/doctor/sockets.ts';
import type { Peer, PeerStatus } from '../../../src/model/path.ts';
import { PEER as PLAIN } from '../bgp/sample.ts';
import { configOf } from './config.ts';
import { commandIn, told, wrong } from './told.ts';

const { bgp } = configOf('');
const PEER: Peer = { ...PLAIN, bfd: { intervalMs: 300, multiplier: 3 } };
const SESSION: PeerStatus = { address: PEER.address, as: PEER.as, state: 'established', advertised: [], bfd: 'up' };
const GLOBAL = { as: 64512, routerId: '10.22.108.100', listenPort: 179, listenAddresses: [] };
const ANSWER = { version: 'v4', global: GLOBAL, peers: [SESSION] } as const;
const GOOD: GobgpdFacts = {
  program: '4.8.0',
  answer: ANSWER,
  deadman: true,
  listeners: [{ protocol: 'tcp', address: '::', port: 179, owner: { name: 'gobgpd', pid: 31 } }],
};
const GONE = { problem: 'connect ENOENT', hint: 'is gobgpd running?', absent: true };

describe('gobgpd', () => {
  test('that runs as it should is told with its version', () => {
    expect(gobgpdFindings(bgp, [PEER], GOOD, { agent: true }).map(told)).toStrictEqual([
      'ok gobgpd: answers at unix:///run/gobgp/gobgp.sock, 4.8.0, API v4',
      'ok dead man: the sidecar listens for the agent',
      'ok bgp port: gobgpd listens on [::]:179',
      'ok bfd: gobgpd 4.8.0',
    ]);
  });

  const bird = { name: 'bird', pid: 12 };
  test.each<[string, Partial<GobgpdFacts>, string[]]>([
    ['is gone', { answer: GONE, listeners: [] }, ['error gobgpd']],
    ['nobody has told anything', { answer: { ...ANSWER, global: undefined }, listeners: [] }, []],
    ['has no sidecar around it', { deadman: false }, ['warning dead man']],
    ['does not listen', { listeners: [] }, ['error bgp port']],
    [
      'finds its port taken',
      { answer: GONE, listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 179, owner: bird }] },
      ['error gobgpd', 'error bgp port'],
    ],
    [
      'finds its port taken by nobody knows whom',
      { answer: GONE, listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 179, owner: undefined }] },
      ['error gobgpd', 'error bgp port'],
    ],
    [
      'listens in a container of its own',
      { listeners: [{ protocol: 'tcp', address: '0.0.0.0', port: 179, owner: undefined }] },
      [],
    ],
    [
      'shares the port of BFD',
      { listeners: [...GOOD.listeners, { protocol: 'udp', address: '0.0.0.0', port: 3784, owner: bird }] },
      ['error bfd port'],
    ],
    [
      'has no BFD',
      { program: '4.4.0', answer: { ...ANSWER, peers: [{ ...SESSION, bfd: 'unsupported' }] } },
      ['warning bfd'],
    ],
  ])('that %s', (_, facts, expected) => {
    expect(wrong(gobgpdFindings(bgp, [PEER], { ...GOOD, ...facts }, { agent: true }))).toStrictEqual(expected);
  });

  test('is no error before the sidecar is started, if it is installed', () => {
    const before = { ...GOOD, answer: GONE, listeners: [], deadman: false };
    expect(wrong(gobgpdFindings(bgp, [PEER], before, { agent: false }))).toStrictEqual(['warning gobgpd']);
    const old = { ...before, program: '4.4.0' };
    expect(wrong(gobgpdFindings(bgp, [PEER], old, { agent: false }))).toStrictEqual(['warning gobgpd', 'warning bfd']);
    const none = { ...before, program: { problem: 'ENOENT' } };
    expect(wrong(gobgpdFindings(bgp, [PEER], none, { agent: false }))).toStrictEqual(['error gobgpd']);
  });

  test('of another address is not in the way', () => {
    const other = { protocol: 'tcp', address: '10.0.0.1', port: 179, owner: bird } as const;
    const facts = { ...GOOD, listeners: [other, ...GOOD.listeners] };
    expect(
      wrong(gobgpdFindings({ ...bgp, listenAddresses: ['10.22.108.100'] }, [], facts, { agent: true })),
    ).toStrictEqual([]);
    expect(wrong(gobgpdFindings({ ...bgp, listenAddresses: [] }, [], facts, { agent: true }))).toStrictEqual([
      'error bgp port',
    ]);
    expect(wrong(gobgpdFindings({ ...bgp, listenPort: -1 }, [], facts, { agent: true }))).toStrictEqual([]);
  });
});

describe('a peer', () => {
  const ON_LINK = { interface: 'eth0', gateway: undefined, type: 'unicast', source: '10.22.108.100' };
  const FACTS: PeerFacts = {
    peer: PEER,
    way: ON_LINK,
    uplink: { name: 'eth0', up: true },
    neighbour: 'REACHABLE',
    session: SESSION,
    answered: undefined,
  };
  const judged = (facts: Partial<PeerFacts>) => peerFindings(bgp, { ...FACTS, ...facts });
  const ROUTED = { ...ON_LINK, gateway: '10.22.108.254' };

  test.each<[string, Partial<PeerFacts>, string[]]>([
    ['with a session', {}, []],
    ['without a route', { way: undefined }, ['error way to peer: 10.22.108.1']],
    ['that is this node', { way: { ...ON_LINK, type: 'local' } }, ['error way to peer: 10.22.108.1']],
    ['behind a blackhole', { way: { ...ON_LINK, type: 'blackhole' } }, ['error way to peer: 10.22.108.1']],
    ['behind a link that is down', { uplink: { name: 'eth0', up: false } }, ['error way to peer: 10.22.108.1']],
    ['behind a gateway with a TTL of 1', { way: ROUTED }, ['error way to peer: 10.22.108.1']],
    ['behind a gateway with more', { way: ROUTED, peer: { ...PEER, multihopTtl: 2 } }, []],
    ['behind a gateway in our own AS', { way: ROUTED, peer: { ...PEER, as: 64512 } }, []],
    [
      'behind a gateway with GTSM',
      { way: ROUTED, peer: { ...PEER, as: 64512, ttlSecurity: true } },
      ['error way to peer: 10.22.108.1'],
    ],
    ['that answers no ARP', { neighbour: 'FAILED' }, ['error way to peer: 10.22.108.1']],
    ['that was not asked for yet', { neighbour: undefined }, []],
    [
      'whose session is down',
      { session: { ...SESSION, state: 'active', lastError: 'timeout' } },
      ['error peer: 10.22.108.1'],
    ],
    ['whose BFD is down', { session: { ...SESSION, bfd: 'down' } }, ['warning peer: 10.22.108.1']],
    ['that gobgpd has not, and that answers', { session: undefined, answered: true }, []],
    [
      'that gobgpd has not, and that does not',
      { session: undefined, answered: { problem: 'ECONNREFUSED' } },
      ['warning peer: 10.22.108.1'],
    ],
    ['that gobgpd has not, and that is not asked', { session: undefined }, []],
  ])('%s', (_, facts, expected) => {
    expect(wrong(judged(facts))).toStrictEqual(expected);
  });

  test('a link that is down has the command', () => {
    expect(commandIn(judged({ uplink: { name: 'eth0', up: false } })[0])).toBe('ip link set eth0 up');
  });

  test('its next hop is itself on a link, else the gateway', () => {
    const network = {
      links: [{ name: 'eth0', mtu: 1500, up: true, kind: undefined }],
      addresses: [],
      routes: [],
      neighbours: [
        { address: '10.22.108.1', interface: 'eth1', state: 'FAILED' },
        { address: '10.22.108.1', interface: 'eth0', state: 'STALE' },
        { address: '10.22.108.254', interface: 'eth0', state: 'FAILED' },
      ],
    };
    expect(nextHopIn(network, PEER.address, ON_LINK)).toStrictEqual({
      uplink: { name: 'eth0', up: true },
      neighbour: 'STALE',
    });
    expect(nextHopIn(network, PEER.address, ROUTED).neighbour).toBe('FAILED');
    expect(nextHopIn(network, PEER.address, undefined)).toStrictEqual({ uplink: undefined, neighbour: undefined });
  });
});

test('sockets are read as Linux prints them', () => {
  const tcp = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     
   0: 0602000A:00B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 655 1 000000003ad2bae2 100 0 0 10 0                       
   2: 0602000A:00B3 0502000A:9A98 01 00000000:00000000 00:00000000 00000000     0        0 731 1 00000000f038572f 22 4 30 10 -1                      
`;
  expect(parseSockets('tcp', tcp)).toStrictEqual([{ protocol: 'tcp', address: '10.0.2.6', port: 179, inode: '655' }]);
  const udp6 = `  sl  local_address                         remote_address                        st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops
 2911: B80D01200000000000000000010000FE:0EC8 00000000000000000000000000000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 41 2 0000000000000000 0
`;
  expect(parseSockets('udp', udp6)).toStrictEqual([
    { protocol: 'udp', address: '2001:db8::fe00:1', port: 3784, inode: '41' },
  ]);
  const unix = `Num       RefCount Protocol Flags    Type St Inode Path
0000000000000000: 00000002 00000000 00010000 0001 01   441 /run/gobgp/deadman.sock
0000000000000000: 00000003 00000000 00000000 0001 03   512 /run/gobgp/gobgp.sock
0000000000000000: 00000002 00000000 00010000 0001 01   399 @fairlead
0000000000000000: 00000002 00000000 00000000 0002 01   400
`;
  expect(parseUnixListeners(unix)).toStrictEqual(['/run/gobgp/deadman.sock', '@fairlead']);
});
