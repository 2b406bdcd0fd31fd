import { describe, expect, test } from 'vitest';
import {
  conntrackHeader,
  decodeEntry,
  DELETE_ENTRY,
  encodeIdentity,
  encodeNarrowing,
  type Endpoint,
  GET_ENTRY,
  type Narrowing,
} from '../../../src/dataplane/conntrack/codec.ts';
import { formatDeletion } from '../../../src/dataplane/conntrack/plan.ts';
import { HEADER_LENGTH, Writer } from '../../../src/dataplane/netlink/codec.ts';

const DNS: Endpoint = { address: '10.99.66.53', port: 53 };
const ONE: Endpoint = { address: '10.1.0.101', port: 5353 };

const written = (write: (writer: Writer) => void): string => {
  const writer = new Writer();
  writer.begin(GET_ENTRY, 0, 1, conntrackHeader('ipv4'));
  write(writer);
  writer.finish();
  return writer.bytes.subarray(HEADER_LENGTH + 4).toString('hex');
};
const narrowing = (one: Narrowing): string => written((writer) => encodeNarrowing(one, writer));

describe('the bytes, by the numbers of include/uapi/linux/netfilter/nfnetlink_conntrack.h', () => {
  test('messages are of subsystem 1 and name the family', () => {
    expect([GET_ENTRY, DELETE_ENTRY]).toStrictEqual([0x101, 0x102]);
    expect(Buffer.from(conntrackHeader('ipv6')).toString('hex')).toBe('0a000000');
  });

  test('IPv4 is narrowed to an address and a port on both sides', () => {
    expect(narrowing({ asked: DNS, answers: ONE })).toBe(
      [
        '24000180', // CTA_TUPLE_ORIG
        '0c000180',
        '080002000a634235', // CTA_TUPLE_IP: CTA_IP_V4_DST
        '14000280',
        '0500010011000000',
        '0600030000350000', // CTA_TUPLE_PROTO: NUM 17, DST_PORT 53
        '24000280', // CTA_TUPLE_REPLY
        '0c000180',
        '080001000a010065', // CTA_IP_V4_SRC
        '14000280',
        '0500010011000000',
        '0600020014e90000', // SRC_PORT 5353
        '14001980', // CTA_FILTER
        '080001002a000000',
        '0800020019000000', // NUM, IP_DST, PROTO_DST_PORT; NUM, IP_SRC, PROTO_SRC_PORT
      ].join(''),
    );
  });

  test('IPv6 is narrowed by ports alone', () => {
    expect(narrowing({ asked: { address: 'fd99:66::a', port: 53 } })).toBe(
      [
        '18000180',
        '14000280',
        '0500010011000000',
        '0600030000350000',
        '10000280',
        '0c000280',
        '0500010011000000',
        '14001980',
        '0800010028000000',
        '0800020008000000',
      ].join(''),
    );
  });

  test('everything is all of UDP', () => {
    expect(narrowing({})).toBe(
      [
        '10000180',
        '0c000280',
        '0500010011000000',
        '10000280',
        '0c000280',
        '0500010011000000',
        '14001980',
        '0800010008000000',
        '0800020008000000',
      ].join(''),
    );
  });
});

// As Linux 6.18 sent them: a refused client over IPv4, a client that was led to 10.99.67.101, a refused one over IPv6.
const REFUSED =
  '020000003400018014000180080001000a634201080002000a63420a1c0002800500010011000000060002009c41000006000300003500003400028014000180080001000a63420a080002000a6342011c00028005000100110000000600020000350000060003009c4100000800030000000188080008000000000008000c00ffdaff9408000b0000000001080007000000001d';
const LED =
  '020000003400018014000180080001000a634201080002000a63420a1c0002800500010011000000060002009ca5000006000300003500003400028014000180080001000a634365080002000a6342011c00028005000100110000000600020014e90000060003009ca5000008000300000001a8080008000000000008000c0084947dfc08000b0000000001080007000000001d';
const IPV6 =
  '0a0000004c0001802c00018014000300fd99006600000000000000000000000114000400fd99006600000000000000000000000a1c0002800500010011000000060002009c41000006000300003500004c0002802c00018014000300fd99006600000000000000000000000a14000400fd9900660000000000000000000000011c00028005000100110000000600020000350000060003009c4100000800030000000188080008000000000008000c00ee8e99fa08000b0000000001080007000000001d';

const read = (hex: string): string | undefined => {
  const found = decodeEntry(Buffer.from(hex, 'hex'));
  return found && formatDeletion(found);
};

describe('an entry as the kernel sent it', () => {
  test.each([
    [REFUSED, 'delete-entry udp/10.99.66.10:53 10.99.66.10:53 client 10.99.66.1:40001'],
    [LED, 'delete-entry udp/10.99.66.10:53 10.99.67.101:5353 client 10.99.66.1:40101'],
    [IPV6, 'delete-entry udp/[fd99:66::a]:53 [fd99:66::a]:53 client [fd99:66::1]:40001'],
  ])('is read', (hex, expected) => {
    expect(read(hex)).toBe(expected);
  });

  test('is named for its deletion by its own tuple, number and zone', () => {
    const zone = '0600120000070000';
    const found = decodeEntry(Buffer.from(REFUSED + zone, 'hex'));
    // CTA_TUPLE_ORIG as it came, CTA_ID 0xffdaff94, CTA_ZONE 7.
    expect(found && written((writer) => encodeIdentity(found, writer))).toBe(
      REFUSED.slice(8, 8 + 0x34 * 2) + '08000c00ffdaff94' + zone,
    );
  });

  test('of another protocol, or cut off, is none', () => {
    expect(read(REFUSED.replaceAll('0500010011000000', '0500010006000000'))).toBeUndefined();
    const cut = Array.from({ length: 96 }, (_, bytes) => REFUSED.slice(0, 8 + bytes * 2));
    expect(cut.map(read)).toStrictEqual(cut.map(() => undefined));
  });
});
