import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findFile, libraryPath } from '../../../lab/machine/place.ts';

/** Checkers of other people's languages, of the Debian packages that set-up has unpacked. */
const CHECKERS = {
  frr: { path: 'usr/bin/vtysh', argv: ['-C', '-f'] },
  bird: { path: 'usr/sbin/bird', argv: ['-p', '-c'] },
  promtool: { path: 'usr/bin/promtool', argv: ['check', 'rules'] },
  sh: { path: 'bin/sh', argv: ['-n'] },
} as const;
export type Language = keyof typeof CHECKERS;

/** What the program of a language says against a text; nothing where it is content. */
export function checkedBy(language: Language, text: string): string[] {
  const { argv, path } = CHECKERS[language];
  const program = findFile(path);
  if (program === undefined) return [`expected ${path} below .cache/root, found none: \`npm test\` fetches it`];
  const folder = mkdtempSync(join(tmpdir(), 'fairlead-docs-'));
  try {
    const file = join(folder, 'text');
    writeFileSync(file, text);
    const env = language === 'sh' ? {} : { LD_LIBRARY_PATH: `${libraryPath()}:${libraryPath()}/frr` };
    execFileSync(program, [...argv, file], { env: { ...process.env, ...env }, encoding: 'utf8', stdio: 'pipe' });
    return [];
  } catch (error) {
    return [saidBy(error)];
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const saidBy = (error: unknown): string =>
  error instanceof Error && 'stderr' in error && 'stdout' in error
    ? [error.stdout, error.stderr].join('').trim()
    : String(error);
