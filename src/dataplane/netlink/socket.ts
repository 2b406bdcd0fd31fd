import { closeSync, readSync, writeSync } from 'node:fs';
import { getSystemErrorName } from 'node:util';
import { explain, FairleadError } from '../../model/error.ts';
import { HEADER_LENGTH, type Message, readAttributes, readMessages, Writer } from './codec.ts';
import { setsockopt, socket } from './libc.ts';

/** Netlink families (include/uapi/linux/netlink.h). */
export const NETLINK_ROUTE = 0;
export const NETLINK_SOCK_DIAG = 4;
export const NETLINK_NETFILTER = 12;
export const NETLINK_GENERIC = 16;

const AF_NETLINK = 16;
const SOCK_RAW_CLOEXEC_NONBLOCK = 3 | 0o2000000 | 0o4000;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_NETLINK = 270;
const NETLINK_CAP_ACK = 10;
const NETLINK_EXT_ACK = 11;
const NETLINK_GET_STRICT_CHK = 12;

const NLM_F_REQUEST = 0x1;
const NLM_F_ACK = 0x4;
const NLM_F_DUMP = 0x300;
const NLM_F_ACK_TLVS = 0x200;
const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;
const NLMSGERR_ATTR_MSG = 1;

/** Dumps come in parts of at most 32 KiB; a shorter buffer would truncate them without a word. */
const READ_BUFFER = 131_072;
const RECEIVE_BUFFER = 4 * 1024 * 1024;
/** At this many messages a write, the cost of the write itself no longer shows, and the answers fit the receive buffer. */
const BATCH = 64;

/** One message to be sent: the netlink type, further flags, the family's fixed header, and its attributes. */
export interface Request {
  readonly type: number;
  readonly flags?: number;
  readonly fixed: Uint8Array;
  readonly attributes?: (writer: Writer) => void;
}

/** What the kernel answered to one request. */
export interface Answer {
  /** 0, or the errno's name, as in `EEXIST`; private codes of a subsystem come as `E4103`. */
  readonly error: string | undefined;
  /** The kernel's own explanation, where it gave one. */
  readonly explanation: string | undefined;
}

/** The errno with the kernel's own explanation behind it; undefined where the request was taken. */
export const refusalOf = ({ error, explanation }: Answer): string | undefined =>
  error && [error, explanation].filter(Boolean).join(': ');

/** What the kernel refused of some operations, each in the words of `format`. Answers are in the order of the operations. */
export const refusals = <Operation>(
  operations: readonly Operation[],
  answers: readonly Answer[],
  format: (operation: Operation) => string,
): string[] =>
  operations.flatMap((operation, index) => {
    const refusal = answers[index] && refusalOf(answers[index]);
    return refusal === undefined ? [] : [`${format(operation)}: ${refusal}`];
  });

/**
 * A netlink socket with one question in flight at a time. All calls are synchronous: the kernel has queued its
 * answer when write(2) returns, so a read never waits, and going through the thread pool costs ten times as much.
 */
export class NetlinkSocket {
  readonly #family: number;
  #fd: number;
  readonly #writer = new Writer();
  readonly #buffer = Buffer.alloc(READ_BUFFER);
  #sequence = 0;
  #received = 0;

  /** Opens a socket of a netlink family in the current network namespace. Throws `kernel-refused`. */
  constructor(family: number) {
    this.#family = family;
    this.#fd = open(family);
  }

  /** How many messages went to the kernel and came from it since the socket was made. */
  get messages(): { sent: number; received: number } {
    return { sent: this.#sequence, received: this.#received };
  }

  close(): void {
    closeSync(this.#fd);
  }

  /**
   * Starts anew with an empty receive buffer. After ENOBUFS answers have been lost, and waiting for them would take
   * for ever (kubernetes #71071). Throws `kernel-refused`.
   */
  reopen(): void {
    const fd = open(this.#family);
    closeSync(this.#fd);
    this.#fd = fd;
  }

  /**
   * Sends requests that change something, and returns one answer for each, in order. A refused one does not stop
   * those behind it. Only the last of a batch asks for an answer: the kernel always reports errors by itself.
   */
  change(requests: readonly Request[]): Answer[] {
    const answers: Answer[] = [];
    for (let at = 0; at < requests.length; at += BATCH)
      answers.push(...this.#changeBatch(requests.slice(at, at + BATCH)));
    return answers;
  }

  /** Asks one question that has one answer, and returns its message. Throws `netlink-failed`. */
  get(request: Request): Message {
    const message = this.#answer(request);
    throwIfError(message);
    return message.type === NLMSG_ERROR ? fail('the kernel sent no answer') : message;
  }

  /** As `get`, but undefined where the kernel says that there is no such thing. Throws `netlink-failed`. */
  find(request: Request): Message | undefined {
    const message = this.#answer(request);
    if (message.type === NLMSG_ERROR && ABSENT.has(answerOf(message).error)) return undefined;
    throwIfError(message);
    return message;
  }

  /** Reads a whole table. It is no snapshot: entries that change meanwhile may be missing. Throws `netlink-failed`. */
  dump(request: Request): Message[] {
    const found: Message[] = [];
    this.scan(request, (message) => found.push(message));
    return found;
  }

  /** As `dump`, for a table that is too large to be kept: each entry is handed to `visit` as it comes. */
  scan(request: Request, visit: (message: Message) => void): void {
    for (const part of this.parts(request)) part.forEach(visit);
  }

  /**
   * As `dump`, a part at a time, as the kernel hands it out. Between two parts other work may be done, but nothing else be
   * asked, and the last one has to be taken. Throws `netlink-failed`.
   */
  *parts(request: Request): Generator<Message[]> {
    this.#writer.reset();
    const sequence = this.#append(request, NLM_F_DUMP);
    this.#send();
    for (;;) {
      const part = this.#receive().filter((message) => message.sequence === sequence);
      part.forEach(throwIfError);
      const entries = part.filter(({ type }) => type !== NLMSG_DONE);
      yield entries;
      if (entries.length < part.length) return;
    }
  }

  #answer(request: Request): Message {
    this.#writer.reset();
    const sequence = this.#append(request, 0);
    this.#send();
    for (;;) {
      const answer = this.#receive().find((message) => message.sequence === sequence);
      if (answer) return answer;
    }
  }

  #changeBatch(requests: readonly Request[]): Answer[] {
    this.#writer.reset();
    const first = this.#sequence + 1;
    for (const [index, request] of requests.entries())
      this.#append(request, index === requests.length - 1 ? NLM_F_ACK : 0);
    this.#send();
    const answers = requests.map((): Answer => ({ error: undefined, explanation: undefined }));
    for (;;) {
      for (const message of this.#receive()) {
        if (message.type !== NLMSG_ERROR || message.sequence < first) continue;
        answers[message.sequence - first] = answerOf(message);
        if (message.sequence === this.#sequence) return answers;
      }
    }
  }

  #append({ type, flags = 0, fixed, attributes }: Request, extra: number): number {
    this.#sequence += 1;
    this.#writer.begin(type, NLM_F_REQUEST | flags | extra, this.#sequence, fixed);
    attributes?.(this.#writer);
    this.#writer.finish();
    return this.#sequence;
  }

  #send(): void {
    try {
      writeSync(this.#fd, this.#writer.bytes);
    } catch (cause) {
      fail('the kernel did not take the message', cause);
    }
  }

  /** Copies what it read: the buffer is used again for the next part. */
  #receive(): Message[] {
    try {
      const length = readSync(this.#fd, this.#buffer, 0, READ_BUFFER, null);
      const messages = readMessages(Buffer.from(this.#buffer.subarray(0, length)));
      this.#received += messages.length;
      return messages;
    } catch (cause) {
      return fail('the answer could not be read', cause);
    }
  }
}

function open(family: number): number {
  const fd = socket(AF_NETLINK, SOCK_RAW_CLOEXEC_NONBLOCK, family);
  enlargeBuffer(fd);
  setsockopt(fd, SOL_NETLINK, NETLINK_CAP_ACK, 1);
  setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, 1);
  setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, 1);
  return fd;
}

/** Room for the answers of a large batch. Only the real root may have it; without, a batch still fits the default. */
function enlargeBuffer(fd: number): void {
  try {
    setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
  } catch {
    // Inside a user namespace, as in a rootless test.
  }
}

/** No such entry, no such device, no route. */
const ABSENT: ReadonlySet<string | undefined> = new Set(['ENOENT', 'ESRCH', 'ENODEV', 'ENETUNREACH', 'EHOSTUNREACH']);

/** A dump that breaks off says so in its NLMSG_DONE, which carries an errno as NLMSG_ERROR does. */
function throwIfError(message: Message): void {
  if (message.type === NLMSG_DONE && message.payload.length >= 4 && message.payload.readInt32LE(0) < 0) {
    fail(`the table could not be read whole: ${errnoName(-message.payload.readInt32LE(0))}`);
  }
  if (message.type !== NLMSG_ERROR) return;
  const refusal = refusalOf(answerOf(message));
  if (refusal !== undefined) fail(refusal);
}

/** struct nlmsgerr: the negative errno, the header of the request, then attributes if NLM_F_ACK_TLVS says so. */
function answerOf({ flags, payload }: Message): Answer {
  const errno = -payload.readInt32LE(0);
  const extended = (flags & NLM_F_ACK_TLVS) !== 0 ? readAttributes(payload.subarray(4 + HEADER_LENGTH)) : undefined;
  const text = extended?.get(NLMSGERR_ATTR_MSG)?.toString('latin1').replace(/\0$/, '');
  return { error: errno === 0 ? undefined : errnoName(errno), explanation: text };
}

function errnoName(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `E${errno}`;
  }
}

function fail(what: string, cause?: unknown): never {
  throw new FairleadError(
    'netlink-failed',
    cause === undefined ? `netlink: ${what}` : `netlink: ${what}: ${explain(cause)}`,
  );
}
