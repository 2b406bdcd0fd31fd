import { readFileSync } from 'node:fs';
import { explain } from '../model/error.ts';
import type { Unknown } from './finding.ts';

/** What comes of looking, or why nothing does. */
export async function orProblem<T>(looking: Promise<T>): Promise<T | Unknown> {
  try {
    return await looking;
  } catch (error) {
    return { problem: problemOf(error) };
  }
}

/** The text of a file without the spaces around it; undefined where there is none. Throws where it cannot be read. */
export function textIn(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    if (error instanceof Error && 'code' in error && ABSENT.has(error.code)) return undefined;
    throw error;
  }
}

const ABSENT: ReadonlySet<unknown> = new Set(['ENOENT', 'ENOTDIR']);

/** Why something could not be looked at, in few words where it is a program that is not here. */
export function problemOf(error: unknown): string {
  const text = explain(error);
  const [, program] = /\bspawn (\S+) ENOENT\b/.exec(text) ?? [];
  return program === undefined ? text : `there is no program \`${program}\` here`;
}
