import { describe, expect, test } from 'vitest';
import {
  chainDestinations,
  elementAddresses,
  namesOf,
  ruleDestinations,
} from '../../../src/dataplane/neighbours/parse.ts';
import { formatNeighbour, neighboursOf, type Sightings } from '../../../src/dataplane/neighbours/plan.ts';
import { Writer } from '../../../src/dataplane/netlink/codec.ts';
import { addressBytes, prefixAddress, prefixLength } from '../../../src/model/address.ts';

const RANGES = ['10.99.66.0/23', 'fd99:66::/112'];
const NOTHING: Sightings = { links: new Set(), files: new Set(), addresses: [] };
const found = (sightings: Partial<Sightings>): string[] =>
  neighboursOf({ ...NOTHING, ...sightings }, RANGES).map(formatNeighbour);

function* oneAndNoMore(): Generator<string> {
  yield '10.99.66.10';
  throw new Error('read on');
}

describe('who counts as an owner of the Services', () => {
  test.each<[string, Partial<Sightings>, string[]]>([
    ['nobody where nothing is seen', {}, []],
    [
      "kube-proxy's iptables rules for an address of ours",
      { addresses: [['iptables', ['10.96.0.1', '10.99.66.10', '10.99.66.11']]] },
      ['kube-proxy (iptables): the chain KUBE-SERVICES of iptables has 10.99.66.10'],
    ],
    ['not an empty chain', { addresses: [['iptables', []]] }, []],
    ["not a chain for another cluster's Services", { addresses: [['iptables-nft', ['10.96.0.1', '10.99.68.0']]] }, []],
    [
      'a map of kube-proxy for either family',
      {
        addresses: [
          ['nftables', []],
          ['nftables', ['fd99:66::a']],
        ],
      },
      ['kube-proxy (nftables): the map service-ips of the nftables table kube-proxy has fd99:66::a'],
    ],
    [
      'an interface of a proxy, whatever the addresses',
      { links: new Set(['kube-ipvs0', 'kube-dummy-if']) },
      ['kube-proxy (ipvs): the interface kube-ipvs0', 'kube-router: the interface kube-dummy-if'],
    ],
    [
      'Cilium where it replaces kube-proxy',
      { files: new Set(['/sys/fs/bpf/tc/globals/cilium_nodeport_neigh4']) },
      ["Cilium's kube-proxy replacement: /sys/fs/bpf/tc/globals/cilium_nodeport_neigh4"],
    ],
  ])('%s', (_, sightings, expected) => {
    expect(found(sightings)).toStrictEqual(expected);
  });

  test('a large table is read up to the first address of ours only', () => {
    expect(found({ addresses: [['iptables', oneAndNoMore()]] })).toHaveLength(1);
  });
});

/** One struct ipt_entry with its target, as the kernel lays it out. */
function entry(target: string, { destination = '0.0.0.0/0', inverted = false, data = '' } = {}): Buffer {
  const bytes = Buffer.alloc(112 + 32 + 32);
  bytes.set(addressBytes(prefixAddress(destination)), 4);
  bytes.writeUInt32BE((2 ** 32 - 2 ** (32 - prefixLength(destination))) >>> 0, 12);
  bytes.writeUInt8(inverted ? 0x10 : 0, 83);
  bytes.writeUInt16LE(112, 88);
  bytes.writeUInt16LE(bytes.length, 90);
  bytes.write(target, 112 + 2);
  bytes.write(data, 112 + 32);
  return bytes;
}
const head = (chain: string): Buffer => entry('ERROR', { data: chain });
const table = (...entries: Buffer[]): Buffer => Buffer.concat([Buffer.alloc(40), ...entries]);
const destinations = (bytes: Buffer): string[] => [...chainDestinations('ipv4', bytes, 'KUBE-SERVICES')];

const SERVICES = [
  entry('', { destination: '192.0.2.1/32' }),
  head('KUBE-NODEPORTS'),
  entry('', { destination: '192.0.2.2/32' }),
  head('KUBE-SERVICES'),
  entry('', { destination: '10.99.66.10/32' }),
  entry('', { destination: '10.99.66.64/26' }),
  entry('', { destination: '10.99.66.12/32', inverted: true }),
  entry(''),
  head('KUBE-SVC-1'),
  entry('DNAT', { destination: '192.0.2.3/32' }),
  head('ERROR'),
];

describe('an iptables table as the kernel returns it', () => {
  test('gives the destinations of the one chain, without those for anything or for all but one', () => {
    expect(destinations(table(...SERVICES))).toStrictEqual(['10.99.66.10', '10.99.66.64']);
  });

  test('gives nothing without the chain, and where the chain is empty', () => {
    expect(destinations(table(entry(''), head('ERROR')))).toStrictEqual([]);
    expect(destinations(table(head('KUBE-SERVICES'), head('KUBE-SVC-1'), ...SERVICES.slice(4, 5)))).toStrictEqual([]);
  });

  test('is read as far as it goes, wherever it is cut', () => {
    const whole = table(...SERVICES);
    for (let length = 0; length < whole.length; length += 7) {
      expect(['', '10.99.66.10', '10.99.66.10,10.99.66.64']).toContain(String(destinations(whole.subarray(0, length))));
    }
  });
});

/** The payload of one message: struct nfgenmsg and attributes. */
function payload(family: number, attributes: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  writer.begin(0, 0, 1, Uint8Array.of(family, 0, 0, 0));
  attributes(writer);
  writer.finish();
  return Buffer.from(writer.bytes.subarray(16));
}

const expression = (writer: Writer, name: string, data: () => void): void =>
  writer.nest(1, () => {
    writer.text(1, name);
    writer.nest(2, data);
  });

/** A rule that compares bytes of the network header, as iptables-nft writes `-d`. */
const rule = (family: number, offset: number, bytes: Uint8Array, { operation = 0, base = 1 } = {}): Buffer =>
  payload(family, (writer) =>
    writer.nest(4, () => {
      expression(writer, 'payload', () => {
        writer.be32(2, base);
        writer.be32(3, offset);
      });
      expression(writer, 'bitwise', () => writer.be32(1, 1));
      expression(writer, 'cmp', () => {
        writer.be32(2, operation);
        writer.nest(3, () => writer.bytesOf(1, bytes));
      });
      expression(writer, 'counter', () => undefined);
    }),
  );

/** A key of kube-proxy's map: address, protocol and port, each filled up to four bytes. */
const key = (address: string): Uint8Array => Uint8Array.of(...addressBytes(address), 6, 0, 0, 0, 0, 80, 0, 0);

const elements = (family: number, ...keys: Uint8Array[]): Buffer =>
  payload(family, (writer) =>
    writer.nest(3, () => {
      for (const one of keys) writer.nest(1, () => writer.nest(1, () => writer.bytesOf(1, one)));
    }),
  );

describe('a listing of nf_tables', () => {
  test('gives the destinations of the rules of both families, short ones filled up', () => {
    const rules = [
      rule(2, 16, addressBytes('10.99.66.10')),
      rule(2, 16, Uint8Array.of(10, 99, 66)),
      rule(10, 24, addressBytes('fd99:66::a')),
    ];
    expect([...ruleDestinations(rules)]).toStrictEqual(['10.99.66.10', '10.99.66.0', 'fd99:66::a']);
  });

  test.each([
    ['the source', rule(2, 12, addressBytes('10.99.66.10'))],
    ['all but one destination', rule(2, 16, addressBytes('10.99.66.10'), { operation: 1 })],
    ['the ports', rule(2, 16, addressBytes('10.99.66.10'), { base: 2 })],
    ['bridged packets', rule(7, 16, addressBytes('10.99.66.10'))],
    ['nothing', payload(2, () => undefined)],
  ])('passes over a rule about %s', (_, one) => {
    expect([...ruleDestinations([one])]).toStrictEqual([]);
  });

  test('gives the addresses that the keys of a map begin with', () => {
    const listing = [
      elements(2, key('10.99.66.10'), key('10.99.66.11'), Uint8Array.of(1)),
      elements(10, key('fd99:66::a')),
    ];
    expect([...elementAddresses(listing)]).toStrictEqual(['10.99.66.10', '10.99.66.11', 'fd99:66::a']);
  });

  test('gives the names of tables and sets with their family', () => {
    const tables = [
      payload(2, (writer) => writer.text(1, 'nat')),
      payload(10, (writer) => writer.text(1, 'kube-proxy')),
    ];
    expect(namesOf('table', tables)).toStrictEqual(new Set(['2/nat', '10/kube-proxy']));
    expect(namesOf('set', [payload(2, (writer) => writer.text(2, 'service-ips'))])).toStrictEqual(
      new Set(['2/service-ips']),
    );
  });
});
