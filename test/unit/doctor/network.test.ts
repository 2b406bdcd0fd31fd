import { describe, expect, test } from 'vitest';
import { type LeftoverFacts, leftoverFindings, neighbourFindings } from '../../../src/doctor/leftovers.ts';
import { type MtuFacts, mtuFindings } from '../../../src/doctor/mtu.ts';
import {
  defaultRoutesIn,
  type Network,
  parseAddresses,
  parseLinks,
  parseNeighbours,
  parseRoutes,
  parseWay,
} from '../../../src/doctor/network.ts';
import { rangeFindings } from '../../../src/doctor/ranges.ts';
import { commandIn, told, wrong } from './told.ts';

/** As iproute2 6.1 prints it on an lb node. */
const LINKS = `[{"ifindex":1,"ifname":"lo","flags":["LOOPBACK","UP","LOWER_UP"],"mtu":65536,"operstate":"UNKNOWN"},
{"ifindex":2,"ifname":"eth1","flags":["BROADCAST","MULTICAST","UP","LOWER_UP"],"mtu":1500,"linkinfo":{"info_kind":"veth"}},
{"ifindex":3,"ifname":"eth2","flags":["NO-CARRIER","BROADCAST","MULTICAST","UP"],"mtu":1500},
{"ifindex":4,"ifname":"flannel.1","flags":["BROADCAST","UP","LOWER_UP"],"mtu":1450,"linkinfo":{"info_kind":"vxlan","info_data":{"id":1}}}]`;
const ROUTES = `[{"dst":"default","gateway":"10.0.2.5","dev":"eth1","flags":[]},
{"dst":"10.0.2.4/30","dev":"eth1","protocol":"kernel","scope":"link","prefsrc":"10.0.2.6","flags":[]},
{"type":"local","dst":"10.99.66.0/23","dev":"lo","table":"local","protocol":"66","scope":"host","flags":[]},
{"type":"unreachable","dst":"10.99.66.0/23","dev":"lo","protocol":"66","metric":4096,"flags":[]},
{"dst":"10.98.0.0/16","protocol":"bird","flags":[],"nexthops":[{"gateway":"10.0.2.5","dev":"eth1","weight":1},{"gateway":"10.1.0.1","dev":"eth2","weight":1}]},
{"type":"local","dst":"10.0.2.6","dev":"eth1","table":"local","protocol":"kernel","scope":"host","flags":[]}]`;

test('what ip prints is read', () => {
  expect(parseLinks(LINKS)).toStrictEqual([
    { name: 'lo', mtu: 65_536, up: true, kind: undefined },
    { name: 'eth1', mtu: 1500, up: true, kind: 'veth' },
    { name: 'eth2', mtu: 1500, up: false, kind: undefined },
    { name: 'flannel.1', mtu: 1450, up: true, kind: 'vxlan' },
  ]);
  const addresses = `[{"ifname":"eth1","addr_info":[{"family":"inet","local":"10.0.2.6","prefixlen":30},{"family":"inet6","local":"fd00:2:1::2","prefixlen":64}]},{}]`;
  expect(() => parseAddresses(addresses)).toThrow(/ifname/);
  expect(parseAddresses(addresses.replace(',{}', ''))).toStrictEqual([
    { interface: 'eth1', cidr: '10.0.2.6/30' },
    { interface: 'eth1', cidr: 'fd00:2:1::2/64' },
  ]);
  const routes = parseRoutes(ROUTES, '0.0.0.0/0');
  expect(routes.map(({ prefix }) => prefix)).toStrictEqual([
    '0.0.0.0/0',
    '10.0.2.4/30',
    '10.99.66.0/23',
    '10.99.66.0/23',
    '10.98.0.0/16',
    '10.0.2.6/32',
  ]);
  expect(routes[4]?.hops).toHaveLength(2);
  expect(defaultRoutesIn(routes)).toStrictEqual([
    { family: 'ipv4', metric: 0, hops: [{ interface: 'eth1', gateway: '10.0.2.5' }] },
  ]);
  expect(
    parseNeighbours('[{"dst":"10.0.2.5","dev":"eth1","lladdr":"aa:7f:84:b3:7b:58","state":["REACHABLE"]}]'),
  ).toStrictEqual([{ address: '10.0.2.5', interface: 'eth1', state: 'REACHABLE' }]);
  expect(parseNeighbours('')).toStrictEqual([]);
  expect(
    parseWay(
      '[{"dst":"10.9.9.9","gateway":"10.0.2.5","dev":"eth1","prefsrc":"10.0.2.6","flags":[],"uid":0,"cache":[]}]',
    ),
  ).toStrictEqual({
    interface: 'eth1',
    gateway: '10.0.2.5',
    type: 'unicast',
    source: '10.0.2.6',
  });
  expect(parseWay('')).toBeUndefined();
});

describe('a range', () => {
  const NETWORK: Network = {
    links: parseLinks(LINKS),
    addresses: [{ interface: 'eth1', cidr: '10.0.2.6/30' }],
    routes: parseRoutes(ROUTES, '0.0.0.0/0'),
    neighbours: [],
  };
  const judged = (range: string, more: Partial<Network> = {}) => rangeFindings([range], { ...NETWORK, ...more });

  test('with nothing of the node in it is well, our own routes included', () => {
    expect(wrong(judged('10.99.66.0/23'))).toStrictEqual([]);
  });

  test('that none is known is told', () => {
    expect(wrong(rangeFindings([], NETWORK))).toStrictEqual(['warning range']);
  });

  test('that holds the network of the node is left out by the agent', () => {
    const [found] = judged('10.0.0.0/16');
    expect(found && told(found)).toBe(
      'error range: 10.0.0.0/16: 10.0.0.0/16 overlaps 10.0.2.6/30 on eth1: the agent leaves it out',
    );
  });

  test('with an address of a proxy in it has the command', () => {
    const found = judged('10.99.66.0/23', { addresses: [{ interface: 'kube-ipvs0', cidr: '10.99.66.10/32' }] });
    expect(wrong(found)).toStrictEqual(['error range: 10.99.66.0/23']);
    expect(commandIn(found[0])).toBe('ip addr del 10.99.66.10/32 dev kube-ipvs0');
  });

  test.each([
    [
      '{"dst":"10.99.66.128/25","gateway":"10.0.2.5","dev":"eth1","protocol":"bird"}',
      'ip route del 10.99.66.128/25 dev eth1',
    ],
    [
      '{"dst":"10.99.66.7","dev":"cali1","metric":20,"table":"100"}',
      'ip route del 10.99.66.7/32 dev cali1 metric 20 table 100',
    ],
  ])('with the route %s in it: %s', (route, command) => {
    const found = judged('10.99.66.0/23', { routes: parseRoutes(`[${route}]`, '0.0.0.0/0') });
    expect(wrong(found)).toStrictEqual(['error range: 10.99.66.0/23']);
    expect(commandIn({ remedy: found[0]?.remedy?.split('delete the route: ')[1] ?? '' })).toBe(command);
  });

  test.each([
    '{"dst":"10.0.0.0/8","gateway":"10.0.2.5","dev":"eth1","protocol":"static"}',
    '{"type":"blackhole","dst":"10.99.66.0/24","protocol":"bird"}',
    '{"type":"local","dst":"10.99.66.1","dev":"lo","table":"local","protocol":"kernel"}',
  ])('with the route %s nothing is lost', (route) => {
    expect(wrong(judged('10.99.66.0/23', { routes: parseRoutes(`[${route}]`, '0.0.0.0/0') }))).toStrictEqual([]);
  });
});

const link = (name: string, mtu: number, kind?: string) => ({ name, mtu, up: true, kind });

describe('sizes of packets', () => {
  const FACTS: MtuFacts = { uplinks: [link('eth0', 1500)], tunnels: [], ipv6: true, mssClamp: 1320 };

  test.each<[Partial<MtuFacts>, string[]]>([
    [{}, []],
    [{ tunnels: [link('flannel.1', 1450, 'vxlan')] }, []],
    [{ tunnels: [link('flannel.1', 1500, 'vxlan')] }, ['warning mtu: flannel.1']],
    [{ tunnels: [link('tunl0', 1480, 'ipip')] }, []],
    [{ tunnels: [link('tunl0', 1481, 'ipip')] }, ['warning mtu: tunl0']],
    [{ uplinks: [link('eth0', 1500), link('eth1', 9000)] }, ['warning mtu: eth0']],
    [{ uplinks: [link('eth0', 1200)], mssClamp: 1160 }, ['error mtu: eth0']],
    [{ uplinks: [link('eth0', 1200)], mssClamp: 1160, ipv6: false }, []],
    [{ mssClamp: undefined }, ['warning mss clamp']],
    [{ mssClamp: 1460 }, []],
    [{ mssClamp: 1461 }, ['warning mss clamp']],
    [{ mssClamp: 1460, tunnels: [link('flannel.1', 1450, 'vxlan')] }, ['warning mss clamp']],
    [{ uplinks: [link('eth0', 9000)], mssClamp: 8960 }, ['warning mss clamp']],
    [{ uplinks: [], mssClamp: undefined }, []],
  ])('of %j it is wrong: %j', (facts, expected) => {
    expect(wrong(mtuFindings({ ...FACTS, ...facts }))).toStrictEqual(expected);
  });
});

describe('leftovers', () => {
  const NONE: LeftoverFacts = { agent: false, servers: [], ours: [], foreign: [] };
  const SERVER = { endpoint: '10.99.66.10:80', protocol: 'tcp' } as const;

  test.each<[Partial<LeftoverFacts>, string[]]>([
    [{}, []],
    [{ servers: undefined }, []],
    [{ agent: true, servers: [SERVER], ours: ['4 routes'] }, []],
    [{ agent: true, servers: [SERVER] }, []],
    [{ servers: [SERVER] }, ['warning virtual servers']],
    [{ servers: [SERVER], ours: ['4 routes'] }, ['warning leftovers']],
    [{ foreign: ['KUBE-CLUSTER-IP'] }, ['warning leftovers']],
    [{ foreign: ['KUBE-ROUTER-X', 'kube-proxy'] }, ['warning leftovers', 'warning leftovers']],
    [{ agent: true, foreign: ['KUBE-CLUSTER-IP'] }, ['warning leftovers']],
  ])('of %j it is wrong: %j', (facts, expected) => {
    expect(wrong(leftoverFindings({ ...NONE, ...facts }))).toStrictEqual(expected);
  });

  test('a virtual server of another has the command', () => {
    const six = { endpoint: '[fd99:66::10]:53', protocol: 'udp' } as const;
    const [found] = leftoverFindings({ ...NONE, servers: [SERVER, six] });
    expect(commandIn(found)).toBe('ipvsadm -D -t 10.99.66.10:80; ipvsadm -D -u [fd99:66::10]:53');
  });
});

describe('other proxies', () => {
  const IPVS = { name: 'kube-proxy (ipvs)', evidence: 'the interface kube-ipvs0' };
  const PROCESS = { name: 'kube-proxy', pid: 7 };

  test.each([
    ['ipvs', [], [], []],
    ['ipvs', [IPVS], [PROCESS], ['error neighbour']],
    ['ipvs', [], [PROCESS], ['warning neighbour']],
    ['none', [IPVS], [], []],
    ['none', [], [PROCESS], []],
    ['none', [], [], ['warning neighbour']],
  ] as const)('mode %s beside %j and %j: %j', (mode, neighbours, processes, expected) => {
    expect(wrong(neighbourFindings(mode, neighbours, processes))).toStrictEqual(expected);
  });
});
