import { readFileSync, statSync } from 'node:fs';
import { explain } from '../model/error.ts';
import type { Secret } from '../model/path.ts';
import type { Password } from './peers.ts';

/** TCP_MD5SIG_MAXKEYLEN of include/uapi/linux/tcp.h, in bytes. */
const MOST_BYTES = 80;
const EXPECTED = `expected one line of 1 to ${MOST_BYTES} bytes`;
/** No password is in a file that is larger, and none of it is read. */
const MOST_FILE_BYTES = 4096;

/**
 * What the bytes of a file are as a password: one newline at the end is none of it. No problem says anything of the text
 * but its length.
 */
export function parsePassword(bytes: Buffer): { readonly text: string } | { readonly problem: string } {
  const line = bytes.at(-1) === NEWLINE ? bytes.subarray(0, -1) : bytes;
  if (line.length === 0 || line.length > MOST_BYTES) return { problem: `${EXPECTED}, found ${line.length}` };
  if (line.some((byte) => byte < SPACE || byte === DELETE))
    return { problem: `${EXPECTED}, found a control character` };
  const text = line.toString('utf8');
  // gobgpd is told of it as a string of protobuf, which is UTF-8.
  return Buffer.from(text).equals(line) ? { text } : { problem: `${EXPECTED}, found what is no UTF-8` };
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const DELETE = 0x7f;

/** A file as it was last seen. */
interface Seen extends Password {
  /** Changes with every way of replacing the file, the swap of a symlink included. */
  readonly mark: string;
}

/** The passwords in some files, followed as the files change. One that has been read once stays until there is another. */
export class Passwords {
  readonly #files: readonly string[];
  #seen: ReadonlyMap<string, Seen> = new Map();

  /** Nothing is read before the first look. */
  constructor(files: readonly string[]) {
    this.#files = [...new Set(files)];
  }

  /** By file. The secret of a file is the same function until its text is another. */
  get known(): ReadonlyMap<string, Password> {
    return this.#seen;
  }

  /** Reads the files that have changed. */
  look(): void {
    this.#seen = new Map(this.#files.map((file) => [file, lookAt(file, this.#seen.get(file))]));
  }
}

function lookAt(file: string, before: Seen | undefined): Seen {
  const found = attempt(() => statSync(file, { bigint: true }));
  if ('problem' in found) return seen(file, '', found, before);
  const { ctimeNs, dev, ino, mtimeNs, size } = found.value;
  const mark = [dev, ino, size, mtimeNs, ctimeNs].join(' ');
  if (mark === before?.mark) return before;
  // A pipe would never end.
  if (!found.value.isFile()) return seen(file, mark, { problem: 'expected a regular file' }, before);
  if (size > MOST_FILE_BYTES) return seen(file, mark, { problem: `${EXPECTED}, found ${size}` }, before);
  const bytes = attempt(() => readFileSync(file));
  return 'problem' in bytes ? seen(file, '', bytes, before) : seen(file, mark, parsePassword(bytes.value), before);
}

function seen(file: string, mark: string, found: ReturnType<typeof parsePassword>, before: Seen | undefined): Seen {
  if ('problem' in found) return { mark, secret: before?.secret, problem: `${file}: ${found.problem}` };
  return { mark, secret: secretOf(found.text, before?.secret), problem: undefined };
}

const secretOf = (text: string, before: Secret | undefined): Secret => (before?.() === text ? before : () => text);

/** What Node says of a file that cannot be read names the file and nothing of what is in it. */
function attempt<T>(work: () => T): { readonly value: T } | { readonly problem: string } {
  try {
    return { value: work() };
  } catch (error) {
    return { problem: explain(error) };
  }
}
