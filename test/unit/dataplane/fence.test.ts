import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type Connection,
  connectionRequest,
  connectionsRequest,
  decodeAnswer,
  decodeConnection,
  encodeReset,
  encodeSocketAddress,
  encodeStraySyn,
} from '../../../src/dataplane/fence/codec.ts';
import { formatEnd, planEnds } from '../../../src/dataplane/fence/plan.ts';
import { fenceRules, fenceTable, type Sessions, sessionsIn } from '../../../src/dataplane/fence/want.ts';
import { filterRules } from '../../../src/dataplane/filter/want.ts';
import { parseIptablesSave } from '../../../src/dataplane/firewall/parse.ts';
import {
  ALL_TRACES,
  FENCE_TRACES,
  planIptables,
  planIptablesRemoval,
  SERVING_TRACES,
} from '../../../src/dataplane/firewall/plan.ts';
import { addressBytes } from '../../../src/model/address.ts';
import { IptablesKernel } from './kernel-iptables.ts';

const SESSIONS: Sessions = {
  peers: [
    { address: '10.22.108.1', port: 179 },
    { address: '10.22.108.2', port: 1179 },
    { address: 'fd22::1', port: 179 },
  ],
  listenPort: 2179,
};
const IDENTITY = new Uint8Array(48);
const end = (text: string): Connection['local'] => {
  const colon = text.lastIndexOf(':');
  return { address: text.slice(0, colon), port: Number(text.slice(colon + 1)) };
};
const connection = (local: string, remote: string): Connection => ({
  local: end(local),
  remote: end(remote),
  family: 'ipv4',
  identity: IDENTITY,
});

describe('of the connections of a node', () => {
  test.each([
    ['one that we opened to a peer', '10.22.108.100:40000', '10.22.108.1:179', true],
    ['one that a peer opened to us', '10.22.108.100:2179', '10.22.108.1:40000', true],
    ['one to the own port of a peer', '10.22.108.100:40000', '10.22.108.2:1179', true],
    ['one over IPv6', 'fd22::100:40000', 'fd22::1:179', true],
    ['one to the port of another peer', '10.22.108.100:40000', '10.22.108.2:179', false],
    ['one to another service of a peer', '10.22.108.100:40000', '10.22.108.1:22', false],
    ['one of a peer to our BGP port of another kind', '10.22.108.100:179', '10.22.108.1:40000', false],
    ['one to another BGP speaker', '10.22.108.100:40000', '10.22.108.9:179', false],
    ['one of a stranger to us', '10.22.108.100:2179', '192.0.2.1:40000', false],
  ])('%s is cut: %s %s', (_, local, remote, isCut) => {
    expect(planEnds(SESSIONS, [connection(local, remote)])).toHaveLength(isCut ? 1 : 0);
  });

  test('one that was read twice, by its local and by its remote port, is cut once', () => {
    const one = connection('10.22.108.100:2179', '10.22.108.1:179');
    expect(planEnds(SESSIONS, [one, one]).map(formatEnd)).toEqual(['end 10.22.108.100:2179 10.22.108.1:179']);
  });
});

/** struct inet_diag_msg as the kernel sends it. */
function message(family: number, local: string, remote: string, ports: readonly [number, number]): Buffer {
  const bytes = Buffer.alloc(72);
  bytes.writeUInt8(family, 0);
  bytes.writeUInt8(1, 1);
  bytes.writeUInt16BE(ports[0], 4);
  bytes.writeUInt16BE(ports[1], 6);
  bytes.set(Buffer.from(local, 'hex'), 8);
  bytes.set(Buffer.from(remote, 'hex'), 24);
  bytes.writeUInt32LE(7, 40);
  bytes.writeUInt32LE(0xabcd, 44);
  return bytes;
}

describe('what the kernel says of a connection', () => {
  test('over IPv4', () => {
    const found = decodeConnection(message(2, '0a166c64', '0a166c01', [179, 40000]));
    expect(found).toMatchObject({
      local: { address: '10.22.108.100', port: 179 },
      remote: { address: '10.22.108.1', port: 40000 },
      family: 'ipv4',
    });
  });

  test('over IPv6', () => {
    const node = 'fd220000000000000000000000000100';
    expect(decodeConnection(message(10, node, 'fd220000000000000000000000000001', [40000, 179]))).toMatchObject({
      local: { address: 'fd22::100', port: 40000 },
      remote: { address: 'fd22::1', port: 179 },
      family: 'ipv6',
    });
  });

  test('over IPv4, with a socket that listens for both families', () => {
    const mapped = '00000000000000000000ffff';
    const found = decodeConnection(message(10, `${mapped}0a166c64`, `${mapped}0a166c01`, [179, 40000]));
    expect(found).toMatchObject({ local: { address: '10.22.108.100' }, remote: { address: '10.22.108.1' } });
    expect(found?.family, 'the kernel looks for the socket by its own family').toBe('ipv6');
  });

  test('names it again, interface and cookie included', () => {
    const bytes = message(2, '0a166c64', '0a166c01', [179, 40000]);
    const found = decodeConnection(bytes);
    const request = found && connectionRequest(found);
    expect(request?.subarray(0, 8).toString('hex')).toBe('0206000000000000');
    expect(request?.subarray(8)).toEqual(bytes.subarray(4, 52));
  });

  test.each([0, 4, 71])('cut off at %i bytes is nothing', (length) => {
    expect(decodeConnection(message(2, '0a166c64', '0a166c01', [179, 40000]).subarray(0, length))).toBeUndefined();
  });
});

test('what the kernel is asked for is narrowed by states that a peer may think open, and by one port', () => {
  const local = connectionsRequest('ipv4', { local: 179 });
  expect(local).toHaveLength(56);
  expect(local.subarray(0, 4).toString('hex')).toBe('02060000');
  // ESTABLISHED, SYN_SENT, SYN_RECV, FIN_WAIT1, CLOSE_WAIT; not LISTEN, which is 10.
  expect(local.readUInt32LE(4)).toBe(0b1_0001_1110);
  expect([local.readUInt16BE(8), local.readUInt16BE(10)]).toEqual([179, 0]);
  const remote = connectionsRequest('ipv6', { remote: 179 });
  expect([remote[0], remote.readUInt16BE(8), remote.readUInt16BE(10)]).toEqual([10, 0, 179]);
});

test('a raw socket is bound to an address and no port', () => {
  expect(encodeSocketAddress('10.22.108.1').toString('hex')).toBe(`020000000a166c01${'00'.repeat(8)}`);
  expect(encodeSocketAddress('fd22::1').toString('hex')).toBe(
    `0a00000000000000fd22${'00'.repeat(13)}01${'00'.repeat(4)}`,
  );
});

test('a stray SYN has an IP header of its own, in the name of whom it seems to come from', () => {
  const peer = { address: '10.22.108.1', port: 179 };
  const header = encodeStraySyn(peer, { address: '10.22.108.100', port: 40000 }).subarray(0, 20);
  expect(header.toString('hex')).toBe('4500002800000000ff0600000a166c010a166c64');
  const v6 = encodeStraySyn({ address: 'fd22::1', port: 179 }, { address: 'fd22::100', port: 40000 });
  expect(v6).toHaveLength(60);
  expect(v6.subarray(0, 10).toString('hex')).toBe('60000000001406fffd22');
  expect(v6.subarray(22, 24).toString('hex') + v6.subarray(38, 40).toString('hex')).toBe('00010100');
});

test('a reset bears the sequence number that the other end expects, and no acknowledgment', () => {
  const from = { address: '10.22.108.100', port: 40000 };
  const segment = encodeReset(from, { address: '10.22.108.1', port: 179 }, 0xfe_dc_ba_98).subarray(20);
  expect(segment.subarray(0, 14).toString('hex')).toBe('9c4000b3fedcba98000000005004');
});

/** Ports, a sequence number, an acknowledgment, and flags. */
const heard = (ports: string, flags: string): string => `${ports}00000007fedcba9850${flags}000000000000`;

describe('what the peer says to a stray SYN', () => {
  const four = connection('10.22.108.100:40000', '10.22.108.1:179');
  const six = connection('fd22::100:40000', 'fd22::1:179');
  const header = `45${'00'.repeat(19)}`;
  test.each([
    ['is what it expects next', four, header + heard('00b39c40', '10'), 0xfe_dc_ba_98],
    ['behind options of IPv4', four, `46${'00'.repeat(23)}${heard('00b39c40', '10')}`, 0xfe_dc_ba_98],
    ['over IPv6 comes without a header', six, heard('00b39c40', '10'), 0xfe_dc_ba_98],
    ['where it opens a new one is what it expects there', four, header + heard('00b39c40', '12'), 0xfe_dc_ba_98],
    ['is a reset where it has no such connection', four, header + heard('00b39c40', '14'), 'gone'],
    ['is not what it says on another connection', four, header + heard('00b39c41', '10'), undefined],
    ['is not what comes from another port', four, header + heard('01bb9c40', '10'), undefined],
    ['is not our own SYN', four, header + heard('00b39c40', '02'), undefined],
    ['is not half a packet', four, header + heard('00b39c40', '10').slice(0, 38), undefined],
    ['is not nothing', four, '', undefined],
  ])('%s', (_, ends, packet, expected) => {
    expect(decodeAnswer(Buffer.from(packet, 'hex'), ends)).toBe(expected);
  });
});

const anyPort = fc.integer({ min: 1, max: 65_535 });
const anyEnds = fc.oneof(
  fc.tuple(fc.ipV4(), fc.ipV4()),
  fc.tuple(fc.constantFrom('fd22::100', '2001:db8::ffff'), fc.constantFrom('fd22::1', 'ffff:ffff::')),
);

test('property: the sum of a stray SYN over all that it covers is right, whatever the ends', () => {
  fc.assert(
    fc.property(anyEnds, anyPort, anyPort, ([local, remote], ours, theirs) => {
      const packet = encodeStraySyn({ address: local, port: ours }, { address: remote, port: theirs });
      const segment = packet.subarray(packet.length - 20);
      const covered = [...addressBytes(local), ...addressBytes(remote), 0, 6, 0, 20, ...segment];
      // RFC 1071 section 1: the one's complement sum of what is right is all ones.
      const sum = covered.reduce((total, byte, index) => (total + (index % 2 === 0 ? byte * 256 : byte)) % 65_535, 0);
      expect(sum).toBe(0);
      expect([segment.readUInt16BE(0), segment.readUInt16BE(2), segment[12], segment[13]]).toEqual([
        ours,
        theirs,
        0x50,
        0x02,
      ]);
    }),
  );
});

describe('the rules', () => {
  const rules = fenceRules('ipv4', sessionsIn('ipv4', SESSIONS));

  test('are for the peers of their family', () => {
    expect(rules.chains.get('FAIRLEAD-FENCE')).toEqual([
      '-p tcp -m tcp --tcp-flags RST RST -j RETURN',
      '-s 10.22.108.1/32 -p tcp -m tcp --sport 179 -j REJECT --reject-with tcp-reset',
      '-d 10.22.108.1/32 -p tcp -m tcp --dport 179 -j REJECT --reject-with tcp-reset',
      '-s 10.22.108.1/32 -p tcp -m tcp --dport 2179 -j REJECT --reject-with tcp-reset',
      '-d 10.22.108.1/32 -p tcp -m tcp --sport 2179 -j REJECT --reject-with tcp-reset',
      '-s 10.22.108.2/32 -p tcp -m tcp --sport 1179 -j REJECT --reject-with tcp-reset',
      '-d 10.22.108.2/32 -p tcp -m tcp --dport 1179 -j REJECT --reject-with tcp-reset',
      '-s 10.22.108.2/32 -p tcp -m tcp --dport 2179 -j REJECT --reject-with tcp-reset',
      '-d 10.22.108.2/32 -p tcp -m tcp --sport 2179 -j REJECT --reject-with tcp-reset',
    ]);
    expect(fenceRules('ipv6', sessionsIn('ipv6', SESSIONS)).chains.get('FAIRLEAD-FENCE')?.[1]).toContain('fd22::1/128');
  });

  test('in nf_tables say the same', () => {
    const { body, family, name } = fenceTable('ipv4', sessionsIn('ipv4', SESSIONS));
    expect([family, name]).toEqual(['ip', 'fairlead-fence']);
    for (const line of [
      'ip saddr . tcp sport { 10.22.108.1 . 179, 10.22.108.2 . 1179 } jump refuse',
      'ip saddr { 10.22.108.1, 10.22.108.2 } tcp dport 2179 jump refuse',
      'ip daddr . tcp dport { 10.22.108.1 . 179, 10.22.108.2 . 1179 } jump refuse',
      'ip daddr { 10.22.108.1, 10.22.108.2 } tcp sport 2179 jump refuse',
    ]) {
      expect(body).toContain(line);
    }
    expect(fenceTable('ipv6', sessionsIn('ipv6', SESSIONS))).toMatchObject({ family: 'ip6', name: 'fairlead-fence' });
  });

  test('where gobgpd does not listen are for what it opens alone', () => {
    const connecting = sessionsIn('ipv4', { ...SESSIONS, listenPort: undefined });
    expect(
      fenceRules('ipv4', connecting)
        .chains.get('FAIRLEAD-FENCE')
        ?.map((rule) => rule.split(' ')[6]),
    ).toEqual(['RST', '--sport', '--dport', '--sport', '--dport']);
    const { body } = fenceTable('ipv4', connecting);
    expect(body.match(/jump refuse/g)).toHaveLength(2);
    expect(body).not.toContain('undefined');
    expect(planEnds(connecting, [connection('10.22.108.100:2179', '10.22.108.1:40000')])).toEqual([]);
  });

  const FILTER = filterRules({ family: 'ipv4', ranges: ['10.99.66.0/23'], external: [] });
  const kernel = (): IptablesKernel => {
    const one = new IptablesKernel({ INPUT: ['-p icmp -j ACCEPT'], FORWARD: [], OUTPUT: [] });
    for (const wanted of [rules, FILTER]) one.restore(planIptables(wanted, parseIptablesSave(one.save())));
    return one;
  };
  const plan = (wanted: typeof rules): string[] => planIptables(wanted, parseIptablesSave(kernel().save()));

  test('and those that serve clients leave each other alone', () => {
    expect([plan(rules), plan(FILTER)]).toEqual([[], []]);
  });

  test.each([
    ['the fence alone', FENCE_TRACES, [':FAIRLEAD-INPUT', ':FAIRLEAD-FORWARD']],
    ['all that serves clients, and not the fence', SERVING_TRACES, [':FAIRLEAD-FENCE']],
    ['all of ours', ALL_TRACES, []],
  ])('go with %s', (_, traces, left) => {
    const one = kernel();
    one.restore(planIptablesRemoval(parseIptablesSave(one.save()), traces));
    const lines = one.save().split('\n');
    expect(lines.filter((line) => line.startsWith(':FAIRLEAD')).map((line) => line.split(' ')[0])).toEqual(left);
    expect(lines.filter((line) => line.includes('fence')).length > 0).toBe(left.includes(':FAIRLEAD-FENCE'));
    expect(lines).toContain('-A INPUT -p icmp -j ACCEPT');
    expect(planIptablesRemoval(parseIptablesSave(one.save()), traces)).toEqual([]);
  });

  test.each([
    ['the fence', FENCE_TRACES, 'fairlead: fence\0', 'fairlead: filter\0FAIRLEAD-INPUT\0'],
    ['what serves clients', SERVING_TRACES, 'fairlead: snat\0', 'fairlead: fence\0'],
    ['any part', ALL_TRACES, 'FAIRLEAD-FORWARD\0', 'KUBE-SERVICES\0'],
  ])('of %s show in the entries of the kernel', (_, { bytes }, present, absent) => {
    expect([bytes.test(present), bytes.test(absent)]).toEqual([true, false]);
  });
});
