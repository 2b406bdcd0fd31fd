import { mkdir, mkdtemp, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parsePassword, Passwords } from '../../../src/agent/passwords.ts';
import type { Password } from '../../../src/agent/peers.ts';

const EXPECTED = 'expected one line of 1 to 80 bytes';

describe('a file is', () => {
  test.each<[string, Buffer | string, string]>([
    ['the password itself', 'abc', 'abc'],
    ['the password and one newline', 'abc\n', 'abc'],
    ['the password with the blanks that are in it', ' a b ', ' a b '],
    ['the longest there is', 'x'.repeat(80), 'x'.repeat(80)],
    ['UTF-8', 'päss', 'päss'],
  ])('%s', (_, bytes, text) => {
    expect(parsePassword(Buffer.from(bytes))).toStrictEqual({ text });
  });

  test.each<[string, Buffer | string, string]>([
    ['empty', '', 'found 0'],
    ['a newline and nothing else', '\n', 'found 0'],
    ['too long', 'x'.repeat(81), 'found 81'],
    ['too long in bytes', 'ä'.repeat(41), 'found 82'],
    ['two lines', 'abc\ndef\n', 'found a control character'],
    ['of an editor of another system', 'abc\r\n', 'found a control character'],
    ['no UTF-8', Buffer.from([0x61, 0xff]), 'found what is no UTF-8'],
  ])('no password that is %s', (_, bytes, found) => {
    expect(parsePassword(Buffer.from(bytes))).toStrictEqual({ problem: `${EXPECTED}, ${found}` });
  });
});

describe('the passwords', () => {
  let directory: string;
  let file: string;
  let passwords: Passwords;

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'fairlead-passwords-'));
    file = join(directory, 'password');
    passwords = new Passwords([file, file]);
  });
  afterEach(() => rm(directory, { recursive: true }));

  const look = (): Password | undefined => {
    passwords.look();
    return passwords.known.get(file);
  };
  const text = (): string | undefined => look()?.secret?.();

  test('are not known before the first look', () => {
    expect(passwords.known.size).toBe(0);
  });

  test('are followed through every way of writing a file', async () => {
    await writeFile(file, 'one');
    expect(text()).toBe('one');
    await writeFile(file, 'two');
    expect(text()).toBe('two');
    await writeFile(`${file}.new`, 'six\n');
    await rename(`${file}.new`, file);
    expect(text()).toBe('six');
  });

  test('are followed through the swap of a link, as the kubelet changes a Secret', async () => {
    for (const version of ['one', 'two']) {
      await mkdir(join(directory, version));
      await writeFile(join(directory, version, 'password'), version);
    }
    await symlink('one', join(directory, '..data'));
    await symlink(join('..data', 'password'), file);
    expect(text()).toBe('one');
    await symlink('two', join(directory, '..data_tmp'));
    await rename(join(directory, '..data_tmp'), join(directory, '..data'));
    expect(text()).toBe('two');
  });

  test('are the same function until the text is another', async () => {
    await writeFile(file, 'one');
    const before = look()?.secret;
    expect(look()?.secret).toBe(before);
    await utimes(file, 1, 1);
    await writeFile(file, 'one\n');
    expect(look()?.secret).toBe(before);
    await writeFile(file, 'two');
    expect(look()?.secret).not.toBe(before);
  });

  test('stay while the file is gone or holds none, with a problem that names it and nothing in it', async () => {
    await writeFile(file, 'one');
    look();
    await writeFile(file, 'two\nthree');
    expect(look()).toMatchObject({ problem: `${file}: ${EXPECTED}, found a control character` });
    expect(text()).toBe('one');
    await rm(file);
    expect(look()?.problem).toMatch(new RegExp(`^${file}: ENOENT`));
    expect(text()).toBe('one');
    await writeFile(file, 'six');
    expect(look()).toMatchObject({ problem: undefined });
    expect(text()).toBe('six');
  });

  test('that were never there are none, whatever stands in the place of the file', async () => {
    expect(look()).toMatchObject({ secret: undefined });
    await mkdir(file);
    expect(look()).toMatchObject({ secret: undefined, problem: `${file}: expected a regular file` });
    await rm(file, { recursive: true });
    await writeFile(file, 'x'.repeat(5000));
    expect(look()).toMatchObject({ secret: undefined, problem: `${file}: ${EXPECTED}, found 5000` });
  });
});
