import { describe, expect, test } from 'vitest';
import { decodeConnections } from '../../../src/dataplane/ipvs/codec.ts';
import { readMessages, Writer } from '../../../src/dataplane/netlink/codec.ts';
import { virtualServerKey } from '../../../src/model/virtual-server.ts';
import { nth, OTHER, POD, Rig } from './ipvs-rig.ts';

/** The attributes of one destination as include/uapi/linux/ip_vs.h numbers them. */
function destination(content: (writer: Writer) => void): Buffer {
  const writer = new Writer();
  writer.begin(1, 0, 1, new Uint8Array(0));
  writer.nest(2, () => content(writer));
  writer.finish();
  return readMessages(writer.bytes)[0]?.payload ?? Buffer.alloc(0);
}

const eightBytes = (value: bigint): Uint8Array => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return bytes;
};

describe('the connections of a destination', () => {
  test.each<[string, (writer: Writer) => void, object]>([
    [
      'counters of 64 bits are taken, and the active ones without those that are closing',
      (writer) => {
        writer.u32(7, 3);
        writer.u32(8, 40);
        writer.nest(10, () => writer.u32(1, 5));
        writer.nest(12, () => {
          writer.bytesOf(1, eightBytes(5_000_000_000n));
          writer.bytesOf(2, eightBytes(6_000_000_000n));
        });
      },
      { active: 3, opened: 5_000_000_000, received: 6_000_000_000 },
    ],
    [
      'an older kernel has some of 32 bits',
      (writer) => {
        writer.u32(7, 3);
        writer.nest(10, () => {
          writer.u32(1, 4_000_000_000);
          writer.u32(2, 9);
        });
      },
      { active: 3, opened: 4_000_000_000, received: 9 },
    ],
    ['what is not said is none', (writer) => writer.u32(8, 1), { active: 0, opened: 0, received: 0 }],
  ])('%s', (_, content, expected) => {
    expect(decodeConnections(destination(content))).toStrictEqual(expected);
  });
});

describe('the connections to some virtual servers', () => {
  const servers = Array.from({ length: 40 }, (_, index) => nth(index));
  const [first = nth(0), second = nth(1)] = servers;

  test('are added up over all real servers, of these and of no others', async () => {
    const rig = new Rig();
    await rig.want(...servers);
    rig.kernel.connect(virtualServerKey(first), `${POD}:8080`, 2);
    rig.kernel.connect(virtualServerKey(first), `${OTHER}:8080`, 3);
    rig.kernel.connect(virtualServerKey(second), `${POD}:8080`, 4);
    expect(await rig.ipvs.connections(servers)).toStrictEqual({ active: 9, opened: 9, received: 9 });
    rig.kernel.takeAsked();
    expect(await rig.ipvs.connections([second, nth(99)])).toStrictEqual({ active: 4, opened: 4, received: 4 });
    expect(rig.kernel.takeAsked()).toStrictEqual(
      [second, nth(99)].map((one) => `connections ${virtualServerKey(one)}`),
    );
  });

  test('a question that fails is said, and leaves no answer behind for the next one', async () => {
    const rig = new Rig();
    await rig.want(...servers);
    rig.kernel.overflows = true;
    await expect(rig.ipvs.connections(servers)).rejects.toMatchObject({ code: 'netlink-failed' });
    expect(rig.kernel.reopened).toBe(1);
    expect(await rig.ipvs.connections(servers)).toStrictEqual({ active: 0, opened: 0, received: 0 });
  });
});
