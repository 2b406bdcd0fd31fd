/** One netlink message as it was read (include/uapi/linux/netlink.h, struct nlmsghdr). */
export interface Message {
  readonly type: number;
  readonly flags: number;
  readonly sequence: number;
  /** What follows the 16-byte header. */
  readonly payload: Buffer;
}

export const HEADER_LENGTH = 16;
const NESTED = 0x8000;
const TYPE_MASK = 0x3fff;
const ALIGN = 4;
const align = (length: number): number => (length + ALIGN - 1) & ~(ALIGN - 1);

/**
 * Writes messages one behind the other into one growing buffer: what is sent to the kernel in a single write.
 * Byte order is the host's (little endian), except where a method says `be`.
 */
export class Writer {
  #buffer: Buffer = Buffer.alloc(16_384);
  #end = 0;
  #message = 0;

  /** The bytes written so far, to be sent before the next `reset`. */
  get bytes(): Buffer {
    return this.#buffer.subarray(0, this.#end);
  }

  reset(): void {
    this.#end = 0;
  }

  /** Starts a message; `fixed` is the family's own header that stands before the attributes. */
  begin(type: number, flags: number, sequence: number, fixed: Uint8Array): void {
    this.#message = this.#end;
    const at = this.#reserve(HEADER_LENGTH + align(fixed.length));
    this.#buffer.writeUInt16LE(type, at + 4);
    this.#buffer.writeUInt16LE(flags, at + 6);
    this.#buffer.writeUInt32LE(sequence, at + 8);
    this.#buffer.set(fixed, at + HEADER_LENGTH);
    this.finish();
  }

  /** Fixes the length of the message begun last. Call it after the last attribute. */
  finish(): void {
    this.#buffer.writeUInt32LE(this.#end - this.#message, this.#message);
  }

  /** An attribute that holds the attributes `content` writes. */
  nest(type: number, content: () => void): void {
    const at = this.#attribute(type | NESTED, 0);
    content();
    this.#buffer.writeUInt16LE(this.#end - at, at);
  }

  u8(type: number, value: number): void {
    const at = this.#attribute(type, 1);
    this.#buffer.writeUInt8(value, at + 4);
  }

  u16(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#buffer.writeUInt16LE(value, at + 4);
  }

  be16(type: number, value: number): void {
    const at = this.#attribute(type, 2);
    this.#buffer.writeUInt16BE(value, at + 4);
  }

  u32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#buffer.writeUInt32LE(value, at + 4);
  }

  be32(type: number, value: number): void {
    const at = this.#attribute(type, 4);
    this.#buffer.writeUInt32BE(value, at + 4);
  }

  bytesOf(type: number, value: Uint8Array): void {
    const at = this.#attribute(type, value.length);
    this.#buffer.set(value, at + 4);
  }

  /** Bytes without an attribute header: a struct that stands inside a nest before its attributes. */
  struct(value: Uint8Array): void {
    const at = this.#reserve(align(value.length));
    this.#buffer.set(value, at);
  }

  /** A NUL-terminated string. */
  text(type: number, value: string): void {
    this.bytesOf(type, Buffer.from(`${value}\0`, 'latin1'));
  }

  #attribute(type: number, length: number): number {
    const at = this.#reserve(align(4 + length));
    this.#buffer.writeUInt16LE(4 + length, at);
    this.#buffer.writeUInt16LE(type, at + 2);
    return at;
  }

  #reserve(length: number): number {
    const at = this.#end;
    this.#end += length;
    if (this.#end > this.#buffer.length) {
      this.#buffer = Buffer.concat([this.#buffer], Math.max(this.#buffer.length * 2, this.#end));
    }
    this.#buffer.fill(0, at, this.#end);
    return at;
  }
}

/** Splits what one read returned into messages. Throws a RangeError where a length does not fit. */
export function readMessages(bytes: Buffer): Message[] {
  const messages: Message[] = [];
  for (let at = 0; at + HEADER_LENGTH <= bytes.length;) {
    const length = bytes.readUInt32LE(at);
    if (length < HEADER_LENGTH || at + length > bytes.length) {
      throw new RangeError(`netlink message at byte ${at}: length ${length} in ${bytes.length} bytes`);
    }
    messages.push({
      type: bytes.readUInt16LE(at + 4),
      flags: bytes.readUInt16LE(at + 6),
      sequence: bytes.readUInt32LE(at + 8),
      payload: bytes.subarray(at + HEADER_LENGTH, at + length),
    });
    at += align(length);
  }
  return messages;
}

/** The attributes in `bytes` by type; of a repeated type the last one counts. A truncated tail is ignored. */
export const readAttributes = (bytes: Buffer): Map<number, Buffer> => new Map(listAttributes(bytes));

/** The attributes in `bytes` in their order, repeated types included. */
export function listAttributes(bytes: Buffer): [type: number, value: Buffer][] {
  const found: [number, Buffer][] = [];
  for (let at = 0; at + 4 <= bytes.length;) {
    const length = bytes.readUInt16LE(at);
    if (length < 4 || at + length > bytes.length) break;
    found.push([bytes.readUInt16LE(at + 2) & TYPE_MASK, bytes.subarray(at + 4, at + length)]);
    at += align(length);
  }
  return found;
}
