import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { type Page, parsePage } from './markdown.ts';

/** A file of the checkout, by its path from the root. */
export const readRepository = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');

/** Files of the checkout that match, by their paths from the root. */
export const filesAt = (...patterns: readonly string[]): string[] =>
  globSync(patterns, { cwd: CHECKOUT, exclude: ['**/node_modules'] }).toSorted();

/** Every page that people read: those at the root, and those in the folders that have some. */
export const PAGES: readonly Page[] = filesAt('*.md', '{docs,deploy,lab,proto}/**/*.md').map((file) =>
  parsePage(file, readRepository(file)),
);
