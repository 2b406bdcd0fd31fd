import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { findNpm, ownSources, readMirrors } from '../../../lab/image/network.ts';

const TARGETS = `http://a/other stable
http://m/debian/ bookworm
http://m/debian/ bookworm-updates
http://s/debian-security/ bookworm-security`;

test("takes this machine's mirrors, with or without one for security", () => {
  expect(readMirrors(TARGETS, 'bookworm')).toStrictEqual({
    archive: 'http://m/debian/',
    security: 'http://s/debian-security/',
  });
  expect(readMirrors('http://m/ bookworm', 'bookworm')).toStrictEqual({ archive: 'http://m/', security: undefined });
  expect(() => readMirrors('http://m/ trixie', 'bookworm')).toThrow(
    'expected apt to have a source of bookworm, found:\nhttp://m/ trixie',
  );
});

test('puts them into sources, and leaves everything else of those as it is', () => {
  const text = `# A comment.
Types: deb
URIs: http://public/debian
Suites: forky

Types: deb
Suites: bookworm-security
URIs: http://public/security
`;
  const own = ownSources(text, { archive: 'http://m/', security: 'http://s/' });
  expect(own).toBe(text.replace('http://public/debian', 'http://m/').replace('http://public/security', 'http://s/'));
});

test('takes an npm that has all it needs in its own folder, and no other', () => {
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-npm-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  for (const path of ['bin', 'lib/npm/bin']) mkdirSync(join(folder, path), { recursive: true });
  writeFileSync(join(folder, 'lib/npm/bin/npm-cli.js'), '');
  symlinkSync('../lib/npm/bin/npm-cli.js', join(folder, 'bin/npm'));
  const look = (): string => findNpm(`/nowhere:${folder}/bin`);
  expect(look).toThrow(`expected an npm with its own node_modules in PATH, found ${folder}/lib/npm`);
  mkdirSync(join(folder, 'lib/npm/node_modules'));
  expect(look()).toBe(join(folder, 'lib/npm'));
  expect(() => findNpm('/nowhere')).toThrow('found none');
});
