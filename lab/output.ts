import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** npm runs scripts in the checkout; a file named on its command line is meant from where the person stands. */
export const fromCaller = (file: string): string => resolve(process.env['INIT_CWD'] ?? '.', file);

/** Writes a result that somebody asked for, and makes the folder it is to stand in. */
export function writeOutput(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
