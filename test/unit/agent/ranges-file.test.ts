import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, expect, test, vi } from 'vitest';
import { readRangesFile, writeRangesFile } from '../../../src/agent/ranges-file.ts';

let directory: string;
let file: string;
const warn = vi.fn<() => void>();
const log = { warn };

beforeEach(() => {
  warn.mockClear();
  directory = mkdtempSync(join(tmpdir(), 'fairlead-ranges-file-'));
  file = join(directory, 'below', 'ranges.json');
  return () => rmSync(directory, { recursive: true });
});

test('what was written is read, and is the only file there', () => {
  expect(readRangesFile(file, log)).toBeUndefined();
  writeRangesFile(file, ['10.99.66.0/23', 'fd99:66::/112'], log);
  expect(readRangesFile(file, log)).toStrictEqual(['10.99.66.0/23', 'fd99:66::/112']);
  expect(readdirSync(join(directory, 'below'))).toStrictEqual(['ranges.json']);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(warn).not.toHaveBeenCalled();
});

test.each([
  ['half of it', '{"ranges":["10.99'],
  ['no range', '{"ranges":[]}'],
  ['no list', '{"ranges":"10.99.66.0/23"}'],
  ['bits behind a length', '{"ranges":["10.99.66.1/23"]}'],
  ['another key', '{"ranges":["10.99.66.0/23"],"more":1}'],
])('a file with %s says nothing, but for one line in the log', (_title, text) => {
  const bad = join(directory, 'ranges.json');
  writeFileSync(bad, text);
  expect(readRangesFile(bad, log)).toBeUndefined();
  expect(warn).toHaveBeenCalledOnce();
});

test('where it cannot be written, that is said', () => {
  writeFileSync(join(directory, 'below'), 'a file in the place of the directory');
  writeRangesFile(file, ['10.99.66.0/23'], log);
  expect(warn).toHaveBeenCalledOnce();
});
