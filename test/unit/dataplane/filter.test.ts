import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  decodeMembers,
  encodeCreate,
  encodeMember,
  encodeName,
  type SetIdentity,
} from '../../../src/dataplane/filter/codec.ts';
import { Draining } from '../../../src/dataplane/filter/draining.ts';
import { formatServedChange, openOnes, planNarrow, planWiden } from '../../../src/dataplane/filter/plan.ts';
import { EXTERNAL_SET, filterRules, filterTable, SERVED_SET } from '../../../src/dataplane/filter/want.ts';
import { HEADER_LENGTH, Writer } from '../../../src/dataplane/netlink/codec.ts';

const RANGE = '10.99.66.0/23';
const WEB: string = 'tcp/10.99.66.10:80';
const WEB6: string = 'tcp/[fd99:66::10]:80';
const DNS: string = 'udp/10.99.66.53:53';

describe('the rules for iptables', () => {
  const rules = filterRules({ family: 'ipv4', ranges: [RANGE, '10.99.70.1/32'], external: [] });

  test('what is served passes, ICMP passes, everything else that is new is refused, TCP by a reset', () => {
    expect(rules.chains.get('FAIRLEAD-INPUT')).toStrictEqual([
      '-m set --match-set fairlead-served dst,dst -j ACCEPT',
      '-p icmp -j RETURN',
      '-p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset',
      '-m conntrack --ctstate NEW -j REJECT --reject-with icmp-port-unreachable',
    ]);
  });

  test('replies of the pods pass FORWARD, told by the range they were asked through', () => {
    expect(rules.chains.get('FAIRLEAD-FORWARD')).toStrictEqual([
      '-m conntrack --ctorigdst 10.99.66.0/23 --ctdir REPLY -j ACCEPT',
      '-m conntrack --ctorigdst 10.99.70.1 --ctdir REPLY -j ACCEPT',
    ]);
  });

  test('only packets for a range get into our chain, and every single rule carries the mark', () => {
    expect(rules.rules).toStrictEqual([
      { chain: 'INPUT', rule: '-d 10.99.66.0/23 -m comment --comment "fairlead: filter" -j FAIRLEAD-INPUT' },
      { chain: 'INPUT', rule: '-d 10.99.70.1/32 -m comment --comment "fairlead: filter" -j FAIRLEAD-INPUT' },
      { chain: 'FORWARD', rule: '-m comment --comment "fairlead: filter" -j FAIRLEAD-FORWARD' },
    ]);
    expect(rules.rules.filter(({ rule }) => !rule.includes(rules.mark))).toStrictEqual([]);
  });
});

describe('the rules for ip6tables', () => {
  const { chains, family, rules } = filterRules({
    family: 'ipv6',
    ranges: ['fd99:66::/112'],
    external: ['fd05::7/128'],
  });

  test('let ICMPv6 pass, which neighbour discovery needs too, and refuse as IPv4 does', () => {
    expect(family).toBe('ipv6');
    expect(chains.get('FAIRLEAD-INPUT')).toStrictEqual([
      '-m set --match-set fairlead-served6 dst,dst -j ACCEPT',
      '-p ipv6-icmp -j RETURN',
      '-p tcp -m conntrack --ctstate NEW -j REJECT --reject-with tcp-reset',
      '-m conntrack --ctstate NEW -j REJECT --reject-with icmp6-port-unreachable',
    ]);
  });

  test('of an allow-list cover what a set holds, never the whole prefix, which may hold the node itself', () => {
    expect(rules.map(({ chain, rule }) => `${chain} ${rule}`)).toStrictEqual([
      'INPUT -d fd99:66::/112 -m comment --comment "fairlead: filter" -j FAIRLEAD-INPUT',
      'INPUT -m set --match-set fairlead-external6 dst -m comment --comment "fairlead: filter" -j FAIRLEAD-INPUT',
      'FORWARD -m comment --comment "fairlead: filter" -j FAIRLEAD-FORWARD',
    ]);
    expect(chains.get('FAIRLEAD-FORWARD')).toStrictEqual([
      '-m conntrack --ctorigdst fd99:66::/112 --ctdir REPLY -j ACCEPT',
      '-m conntrack --ctorigdst fd05::7 --ctdir REPLY -j ACCEPT',
    ]);
  });
});

test('the table for nf_tables stands behind IPVS, which takes its packets at 98 and 99', () => {
  const { family, name, body } = filterTable('ipv4', [RANGE, '192.0.2.7'], []);
  expect([family, name]).toStrictEqual(['ip', 'fairlead-filter']);
  expect(body).toContain('type filter hook input priority 101; policy accept;');
  expect(body).toContain('elements = { 10.99.66.0/23, 192.0.2.7 }');
  expect(body).toContain('ct direction original ip daddr @bound jump unserved');
  expect(body).toContain('meta l4proto tcp counter reject with tcp reset');
  expect(body).not.toContain('draining');
});

test('what only drains refuses new connections before IPVS would, which answers by a rate-limited message', () => {
  const { body } = filterTable('ipv6', ['fd99:66::/112'], [{ address: 'fd99:66::10', port: 80 }]);
  expect(body).toContain('elements = { fd99:66::10 . 80 }');
  expect(body).toContain('type filter hook input priority 97; policy accept;');
  expect(body).toContain('ct state new ip6 daddr . tcp dport @draining counter reject with tcp reset');
});

const weighing = (...weights: readonly number[]) => ({
  realServers: weights.map((weight, index) => ({ address: `10.1.0.${index}`, port: 8080, weight })),
});

describe('what drains', () => {
  test('are virtual servers over TCP without a real server that takes connections', () => {
    const draining = new Draining();
    const servers = new Map([
      [WEB, weighing(0, 0)],
      [WEB6, weighing()],
      ['tcp/10.99.66.11:80', weighing(0, 1)],
      [DNS, weighing(0)],
    ]);
    expect(draining.update(servers, []), 'the first time all count').toBe(true);
    expect(draining.endpoints).toMatchObject([
      { address: '10.99.66.10', port: 80 },
      { address: 'fd99:66::10', port: 80 },
    ]);
    expect(draining.update(servers, servers.keys())).toBe(false);
    expect(draining.update(new Map([[WEB, weighing(1)]]), [WEB, WEB6])).toBe(true);
    expect(draining.endpoints).toStrictEqual([]);
  });

  test('is not open in the words of the set that iptables asks', () => {
    const open = openOnes(
      new Map([
        [WEB, weighing(0)],
        [WEB6, weighing(0, 1)],
      ]),
    );
    expect([WEB, WEB6, DNS].filter((key) => open.has(key))).toStrictEqual([WEB6]);
  });
});

test('the table of the other family has the same name in its own family', () => {
  const { body, family, name } = filterTable('ipv6', [], []);
  expect([family, name]).toStrictEqual(['ip6', 'fairlead-filter']);
  expect(body).toContain('type ipv6_addr');
  expect(body).not.toContain('elements');
  expect(body).toContain('ct direction original ip6 daddr @bound jump unserved');
  expect(body).toContain('meta l4proto ipv6-icmp accept');
});

test('what is no longer served leaves before IPVS lets go, what is new joins after', () => {
  const narrow = planNarrow(new Set([WEB]), new Set([WEB, DNS]), [WEB, DNS]).map(formatServedChange);
  const widen = planWiden(new Set([WEB, DNS]), new Set([WEB]), [WEB, DNS]).map(formatServedChange);
  expect([narrow, widen]).toStrictEqual([[`delete ${DNS}`], [`add ${DNS}`]]);
});

test('only what changed is looked at', () => {
  const [wanted, actual] = [new Set([WEB]), new Set([DNS])];
  expect(planNarrow(wanted, actual, [WEB])).toStrictEqual([]);
  expect(planWiden(wanted, actual, [DNS])).toStrictEqual([]);
  expect(planNarrow(new Map([[WEB, 1]]), actual, [DNS])).toHaveLength(1);
});

test('property: narrowing and then widening makes any set the wanted one', () => {
  const anySet = fc.uniqueArray(fc.constantFrom(WEB, DNS, 'tcp/10.99.66.11:443')).map((keys) => new Set(keys));
  fc.assert(
    fc.property(anySet, anySet, (wanted, actual) => {
      const kernel = new Set(actual);
      for (const { key } of planNarrow(wanted, actual, actual)) expect(kernel.delete(key)).toBe(true);
      for (const { key } of planWiden(wanted, kernel, wanted))
        expect(kernel.add(key).size).toBeLessThanOrEqual(wanted.size);
      expect(kernel).toEqual(wanted);
    }),
  );
});

const encoded = (write: (writer: Writer) => void): Buffer => {
  const writer = new Writer();
  writer.begin(0, 0, 0, new Uint8Array(0));
  write(writer);
  writer.finish();
  return writer.bytes.subarray(HEADER_LENGTH);
};
const hex = (lines: readonly string[]): string => lines.join('').replaceAll(' ', '');

const named = (name: string, header: string): string[] => [
  '05000100 06000000',
  `${header} ${Buffer.from(`${name}\0`).toString('hex')}`,
];

/** One message of a listing of members that are encoded as they are for the kernel. */
const listing = (set: SetIdentity, members: readonly string[]): Buffer =>
  encoded((writer) => {
    writer.struct(Uint8Array.of(2, 0, 0, 0));
    writer.nest(8, () => {
      for (const member of members) {
        const whole = encoded((inner) => encodeMember({ ...set, name: '' }, member, inner));
        // Behind the protocol, the empty name and the header of IPSET_ATTR_DATA.
        writer.nest(7, () => writer.struct(whole.subarray(8 + 8 + 4)));
      }
      writer.nest(7, () => writer.u8(7, 6));
    });
  });

describe('the bytes, by the numbers of include/uapi/linux/netfilter/ipset/ip_set.h', () => {
  const NAME = named('fairlead-served', '14000200');

  test('a set is named with the protocol version', () => {
    expect(encoded((writer) => encodeName('fairlead-served', writer)).toString('hex')).toBe(hex(NAME));
  });

  test('the set is a hash:ip,port of revision 5 with room for a million members', () => {
    expect(encoded((writer) => encodeCreate(SERVED_SET.ipv4, writer)).toString('hex')).toBe(
      hex([
        ...NAME,
        `11000300 ${Buffer.from('hash:ip,port\0').toString('hex')} 000000`, // IPSET_ATTR_TYPENAME
        '05000400 05000000', // IPSET_ATTR_REVISION
        '05000500 02000000', // IPSET_ATTR_FAMILY
        '0c000780 08001340 00100000', // IPSET_ATTR_DATA: IPSET_ATTR_MAXELEM, network order
      ]),
    );
  });

  test('the set of single addresses is a hash:ip of revision 4, here for IPv6', () => {
    expect(encoded((writer) => encodeCreate(EXTERNAL_SET.ipv6, writer)).toString('hex')).toBe(
      hex([
        ...named('fairlead-external6', '17000200'),
        '00',
        `0c000300 ${Buffer.from('hash:ip\0').toString('hex')}`,
        '05000400 04000000',
        '05000500 0a000000',
        '0c000780 08001340 00100000',
      ]),
    );
  });

  test('a member is an address, a port and a protocol', () => {
    expect(encoded((writer) => encodeMember(SERVED_SET.ipv4, DNS, writer)).toString('hex')).toBe(
      hex([
        ...NAME,
        '20000780', // IPSET_ATTR_DATA
        '0c000180 08000140 0a634235', // IPSET_ATTR_IP: IPSET_ATTR_IPADDR_IPV4
        '06000440 0035 0000', // IPSET_ATTR_PORT
        '05000700 11000000', // IPSET_ATTR_PROTO
      ]),
    );
  });

  test('a member over IPv6 has IPSET_ATTR_IPADDR_IPV6, and one that is an address has nothing else', () => {
    expect(encoded((writer) => encodeMember(SERVED_SET.ipv6, WEB6, writer)).toString('hex')).toContain(
      hex(['18000180 14000240 fd990066000000000000000000000010 06000440 0050 0000 05000700 06000000']),
    );
    expect(encoded((writer) => encodeMember(EXTERNAL_SET.ipv4, '192.0.2.7', writer)).toString('hex')).toMatch(
      /100007800c00018008000140c0000207$/,
    );
  });

  test.each<[string, SetIdentity, string[]]>([
    ['keys of virtual servers', SERVED_SET.ipv4, [WEB, DNS, 'sctp/10.99.66.11:65535']],
    ['keys of virtual servers over IPv6', SERVED_SET.ipv6, [WEB6, 'udp/[fd99:66::]:53']],
    ['addresses', EXTERNAL_SET.ipv4, ['192.0.2.7']],
    ['addresses over IPv6', EXTERNAL_SET.ipv6, ['fd05::7']],
  ])('members of a listing read as %s; what has no address is passed over', (_, set, members) => {
    expect(decodeMembers(set, listing(set, members))).toStrictEqual(members);
  });

  test('a listing without members is an empty set', () => {
    expect(decodeMembers(SERVED_SET.ipv4, Buffer.from('02000000', 'hex'))).toStrictEqual([]);
  });
});
