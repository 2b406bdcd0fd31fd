import { createHash } from 'node:crypto';
import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { CHECKOUT } from '../machine/place.ts';
import { baseParts } from './base.ts';
import { parseDockerfile } from './dockerfile.ts';
import { parseDockerignore } from './dockerignore.ts';
import { IMAGE } from './layers.ts';
import type { Mirrors } from './network.ts';
import { type ImageConfig, type PlannedStage, planImage } from './plan.ts';

const DOCKERFILE = 'deploy/Dockerfile';
/** What a layer's files depend on beside its step. */
const BUILDERS = ['base.ts', 'layers.ts', 'network.ts'];
/** The image's files. */
export const ROOT = join(IMAGE, 'root');
/** What the image is, beside its files. */
export const RECORD = join(IMAGE, 'image.json');

export interface ImageRecord {
  /** Of the last layer. */
  readonly key: string;
  readonly config: ImageConfig;
}

/**
 * What deploy/Dockerfile asks for, as things are in this checkout.
 * @throws {LabError} where it, or .dockerignore, cannot be understood
 */
export function planOwnImage(mirrors: Mirrors): readonly PlannedStage[] {
  const isSent = parseDockerignore(textOf('.dockerignore'), '.dockerignore');
  const inputs = {
    base: (image: string) => baseParts(image, mirrors),
    digest: (path: string) => (isSent(path) && existsSync(join(CHECKOUT, path)) ? digestPath(path) : undefined),
    salt: BUILDERS.map((name) => digestPath(`lab/image/${name}`)).join(''),
  };
  return planImage(parseDockerfile(textOf(DOCKERFILE), DOCKERFILE), inputs, DOCKERFILE);
}

const textOf = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');

/** Of the names and contents of the files: a checkout elsewhere, or a later one, gives the same. */
function digestPath(path: string): string {
  const folder = join(CHECKOUT, path);
  const files = statSync(folder).isDirectory() ? globSync('**/*', { cwd: folder }).toSorted() : [''];
  const hash = createHash('sha256');
  for (const name of files) {
    const file = join(folder, name);
    const found = statSync(file);
    if (found.isFile()) hash.update(`${name}\0${found.mode}\0${found.size}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** The image that was made last; undefined where there is none. */
export const readRecord = (): ImageRecord | undefined =>
  existsSync(RECORD) && existsSync(ROOT) ? (JSON.parse(readFileSync(RECORD, 'utf8')) as ImageRecord) : undefined;
