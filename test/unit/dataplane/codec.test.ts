import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  HEADER_LENGTH,
  listAttributes,
  readAttributes,
  readMessages,
  Writer,
} from '../../../src/dataplane/netlink/codec.ts';

const NONE = new Uint8Array(0);

/** The bytes of one message whose attributes `content` writes. */
function message(content: (writer: Writer) => void, fixed = NONE): Buffer {
  const writer = new Writer();
  writer.begin(0x1c, 0x5, 7, fixed);
  content(writer);
  writer.finish();
  return writer.bytes;
}

const attributesOf = (content: (writer: Writer) => void): Buffer => message(content).subarray(HEADER_LENGTH);

test('a message is a header of 16 bytes, the fixed header padded to 4, and its length without a gap', () => {
  const bytes = message(() => undefined, Uint8Array.of(1, 2, 3, 4, 5));
  expect(bytes.toString('hex')).toBe('180000001c00050007000000000000000102030405000000');
});

test('messages written one behind the other are read back one by one', () => {
  const writer = new Writer();
  for (const sequence of [1, 2, 3]) {
    writer.begin(16 + sequence, 1, sequence, Uint8Array.of(sequence, 0, 0, 0));
    writer.u32(1, sequence * 1000);
    writer.finish();
  }
  expect(readMessages(writer.bytes).map(({ type, flags, sequence }) => [type, flags, sequence])).toStrictEqual([
    [17, 1, 1],
    [18, 1, 2],
    [19, 1, 3],
  ]);
  writer.reset();
  expect(writer.bytes).toHaveLength(0);
});

test('a used buffer leaves nothing of the last message in the padding of the next', () => {
  const writer = new Writer();
  writer.begin(1, 0, 1, NONE);
  writer.bytesOf(1, new Uint8Array(64).fill(0xff));
  writer.finish();
  writer.reset();
  writer.begin(1, 0, 2, NONE);
  writer.u8(1, 7);
  writer.finish();
  expect(writer.bytes.subarray(HEADER_LENGTH).toString('hex')).toBe('0500010007000000');
});

describe('attributes', () => {
  test.each<[string, (writer: Writer) => void, string]>([
    ['u8', (writer) => writer.u8(1, 0xab), '05000100ab000000'],
    ['u16 in host order', (writer) => writer.u16(2, 0x1234), '0600020034120000'],
    ['be16 in network order', (writer) => writer.be16(3, 0x1234), '0600030012340000'],
    ['u32 in host order', (writer) => writer.u32(4, 0x12345678), '0800040078563412'],
    ['be32 in network order', (writer) => writer.be32(5, 0x12345678), '0800050012345678'],
    ['text with its NUL', (writer) => writer.text(6, 'rr'), '0700060072720000'],
    ['a struct without a header', (writer) => writer.struct(Uint8Array.of(1, 2, 3)), '01020300'],
    ['an empty value', (writer) => writer.bytesOf(7, NONE), '04000700'],
    ['a nest, marked as one', (writer) => writer.nest(8, () => writer.u8(1, 2)), '0c0008800500010002000000'],
  ])('%s', (_, content, hex) => {
    expect(attributesOf(content).toString('hex')).toBe(hex);
  });

  test('are read by type without the bits for nested and for byte order', () => {
    const bytes = attributesOf((writer) => {
      writer.nest(3, () => writer.u16(1, 9));
      writer.be16(4 | 0x4000, 80);
    });
    expect([...readAttributes(bytes).keys()]).toStrictEqual([3, 4]);
    expect(
      readAttributes(readAttributes(bytes).get(3) ?? Buffer.alloc(0))
        .get(1)
        ?.readUInt16LE(0),
    ).toBe(9);
  });

  test('of a repeated type all are listed, and the last one counts', () => {
    const bytes = attributesOf((writer) => {
      writer.u8(1, 1);
      writer.u8(1, 2);
    });
    expect(listAttributes(bytes).map(([, value]) => value[0])).toStrictEqual([1, 2]);
    expect(readAttributes(bytes).get(1)?.[0]).toBe(2);
  });
});

const written = fc.array(
  fc.record({ type: fc.integer({ min: 0, max: 0x3fff }), value: fc.uint8Array({ maxLength: 300 }) }),
  { maxLength: 40 },
);

test('a buffer that grows keeps what was written before', () => {
  const writer = new Writer();
  const sequences = Array.from({ length: 300 }, (_, i) => i);
  for (const sequence of sequences) {
    writer.begin(99, 0, sequence, NONE);
    writer.bytesOf(1, new Uint8Array(100).fill(sequence));
    writer.finish();
  }
  const messages = readMessages(writer.bytes);
  expect(messages.map(({ sequence }) => sequence)).toStrictEqual(sequences);
  expect(messages.map(({ payload }) => payload.at(-1))).toStrictEqual(sequences.map((sequence) => sequence & 0xff));
});

test('a message of odd length ends on the next multiple of 4', () => {
  const odd = Buffer.from('12000000020000000100000000000000abcd0000', 'hex');
  expect(readMessages(Buffer.concat([odd, odd])).map(({ payload }) => payload.toString('hex'))).toStrictEqual([
    'abcd',
    'abcd',
  ]);
});

test('property: whatever is written is read back', () => {
  fc.assert(
    fc.property(written, fc.integer({ min: 1, max: 40 }), (attributes, times) => {
      const writer = new Writer();
      for (let sequence = 1; sequence <= times; sequence++) {
        writer.begin(99, 0, sequence, Uint8Array.of(1, 2, 3, 4));
        for (const { type, value } of attributes) writer.bytesOf(type, value);
        writer.finish();
      }
      const messages = readMessages(writer.bytes);
      expect(messages.map(({ sequence }) => sequence)).toStrictEqual(Array.from({ length: times }, (_, i) => i + 1));
      for (const { payload } of messages) {
        expect(payload.length % 4).toBe(0);
        const found = listAttributes(payload.subarray(4)).map(([type, value]) => ({ type, value: [...value] }));
        expect(found).toStrictEqual(attributes.map(({ type, value }) => ({ type, value: [...value] })));
      }
    }),
    { numRuns: 50 },
  );
});

describe('input that is cut off or wrong', () => {
  const whole = message((writer) => writer.text(1, 'fairlead'));

  test('a message longer than what was read is a RangeError that names the place', () => {
    const cut = Buffer.concat([whole, whole.subarray(0, whole.length - 4)]);
    expect(() => readMessages(cut)).toThrow(
      new RangeError(`netlink message at byte ${whole.length}: length ${whole.length} in ${cut.length} bytes`),
    );
  });

  test.each([15, 4, 0])(
    'a message that claims to be %i bytes long, shorter than its header, is a RangeError',
    (length) => {
      const bytes = Buffer.alloc(HEADER_LENGTH);
      bytes.writeUInt32LE(length);
      expect(() => readMessages(bytes)).toThrow(RangeError);
    },
  );

  test('fewer bytes than a header hold no message', () => {
    expect(readMessages(whole.subarray(0, HEADER_LENGTH - 1))).toStrictEqual([]);
  });

  test.each(['03000100', '0c00010001020304'])('an attribute of wrong length (%s) ends the reading', (hex) => {
    const good = Buffer.from('0500010007000000', 'hex');
    expect(listAttributes(Buffer.concat([good, Buffer.from(hex, 'hex')]))).toHaveLength(1);
  });

  test('property: any bytes are read or refused with a RangeError, and attributes are always read', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        listAttributes(Buffer.from(bytes));
        try {
          readMessages(Buffer.from(bytes));
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }),
    );
  });
});
