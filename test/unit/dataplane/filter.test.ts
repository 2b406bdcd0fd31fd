import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeMembers, encodeCreate, encodeMember, encodeName } from '../../../src/dataplane/filter/codec.ts';
import { formatServedChange, planNarrow, planWiden } from '../../../src/dataplane/filter/plan.ts';
import { filterRules, filterTable, SERVED_SET } from '../../../src/dataplane/filter/want.ts';
import { HEADER_LENGTH, Writer } from '../../../src/dataplane/netlink/codec.ts';

const RANGE = '10.99.66.0/23';
const WEB: string = 'tcp/10.99.66.10:80';
const DNS: string = 'udp/10.99.66.53:53';

describe('the rules for iptables', () => {
  const rules = filterRules([RANGE, '10.99.70.1/32']);

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

test('the table for nf_tables stands behind IPVS, which takes its packets at 98 and 99', () => {
  const { family, name, body } = filterTable([RANGE, '10.99.70.0/24']);
  expect([family, name]).toStrictEqual(['ip', 'fairlead-filter']);
  expect(body).toContain('type filter hook input priority 101; policy accept;');
  expect(body).toContain('ct direction original ip daddr { 10.99.66.0/23, 10.99.70.0/24 } jump unserved');
  expect(body).toContain('meta l4proto tcp counter reject with tcp reset');
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

describe('the bytes, by the numbers of include/uapi/linux/netfilter/ipset/ip_set.h', () => {
  const NAME = ['05000100 06000000', `14000200 ${Buffer.from(`${SERVED_SET}\0`).toString('hex')}`];

  test('a set is named with the protocol version', () => {
    expect(encoded((writer) => encodeName(SERVED_SET, writer)).toString('hex')).toBe(hex(NAME));
  });

  test('the set is a hash:ip,port of revision 5 with room for a million members', () => {
    expect(encoded((writer) => encodeCreate(SERVED_SET, writer)).toString('hex')).toBe(
      hex([
        ...NAME,
        `11000300 ${Buffer.from('hash:ip,port\0').toString('hex')} 000000`, // IPSET_ATTR_TYPENAME
        '05000400 05000000', // IPSET_ATTR_REVISION
        '05000500 02000000', // IPSET_ATTR_FAMILY
        '0c000780 08001340 00100000', // IPSET_ATTR_DATA: IPSET_ATTR_MAXELEM, network order
      ]),
    );
  });

  test('a member is an address, a port and a protocol', () => {
    expect(encoded((writer) => encodeMember(SERVED_SET, DNS, writer)).toString('hex')).toBe(
      hex([
        ...NAME,
        '20000780', // IPSET_ATTR_DATA
        '0c000180 08000140 0a634235', // IPSET_ATTR_IP: IPSET_ATTR_IPADDR_IPV4
        '06000440 0035 0000', // IPSET_ATTR_PORT
        '05000700 11000000', // IPSET_ATTR_PROTO
      ]),
    );
  });

  test('members of a listing read as the keys of virtual servers; what has no address is passed over', () => {
    const keys = [WEB, DNS, 'sctp/10.99.66.11:65535'];
    const payload = encoded((writer) => {
      writer.struct(Uint8Array.of(2, 0, 0, 0));
      writer.nest(8, () => {
        for (const key of keys) {
          const member = encoded((inner) => encodeMember('', key, inner));
          // Behind the protocol, the empty name and the header of IPSET_ATTR_DATA.
          writer.nest(7, () => writer.struct(member.subarray(8 + 8 + 4)));
        }
        writer.nest(7, () => writer.u8(7, 6));
      });
    });
    expect(decodeMembers(payload)).toStrictEqual(keys);
  });

  test('a listing without members is an empty set', () => {
    expect(decodeMembers(Buffer.from('02000000', 'hex'))).toStrictEqual([]);
  });
});
