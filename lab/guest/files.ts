import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FileText } from './protocol.ts';

export const readText = (path: string): Promise<string> => readFile(path, 'utf8');

export async function writeTexts(files: readonly FileText[]): Promise<void> {
  for (const { path, text } of files) {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, text);
  }
}

/** Makes folders, and empty files where there is nothing yet, so that something can be mounted over them. */
export async function placeMounts(folders: readonly string[], files: readonly string[]): Promise<void> {
  for (const folder of [...folders, ...files.map((file) => dirname(file))]) await mkdir(folder, { recursive: true });
  for (const file of files) if (!existsSync(file)) await writeFile(file, '');
}
