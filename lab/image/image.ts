import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { findFile } from '../machine/place.ts';
import { SUITE } from './base.ts';
import { planOwnImage, readRecord, ROOT } from './build.ts';
import { IMAGE } from './layers.ts';
import { readNetwork } from './network.ts';
import type { ImageConfig } from './plan.ts';

export interface BuiltImage {
  /** The folder with its files. */
  readonly root: string;
  readonly config: ImageConfig;
}

/** What became of a build: the image; why this machine has no way to build any; or what went wrong. */
export type Outcome = BuiltImage | { readonly obstacle: string } | { readonly failure: string };

const NAMESPACES = ['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc'];

/**
 * Builds the image of deploy/Dockerfile into .cache/image, or takes the one that is there, where nothing has changed. Waits
 * for another build of this checkout.
 * @param tell is called with text for a person, a line for each step
 * @throws {LabError} where the Dockerfile or this machine's apt and npm cannot be understood
 */
export async function buildImage(tell: (text: string) => void): Promise<Outcome> {
  const stages = planOwnImage((await readNetwork(SUITE)).mirrors);
  const wanted = stages.at(-1)?.layers.at(-1)?.key;
  const there = readRecord();
  if (there !== undefined && there.key === wanted) return { root: ROOT, config: there.config };
  const obstacle = findObstacle();
  if (obstacle !== undefined) return { obstacle };
  const text = await runInside(tell);
  const made = readRecord();
  return made?.key === wanted && made !== undefined ? { root: ROOT, config: made.config } : { failure: text };
}

/** Why no image can be built on this machine; undefined where one can. */
function findObstacle(): string | undefined {
  if (process.getuid?.() !== 0) return 'it needs root, for chroot and for files of other users';
  if (findFile('usr/sbin/debootstrap') === undefined) return 'debootstrap is missing; `npm run image` fetches it';
  const { status, stderr } = spawnSync('unshare', [...NAMESPACES, 'mount', '-t', 'tmpfs', 'try', '/mnt'], {
    encoding: 'utf8',
  });
  return status === 0 ? undefined : `no mount namespace can be had: ${stderr.trim()}`;
}

/**
 * Runs lab/image/inside.ts and returns what it said. Should this process be killed, the kernel kills the one that made the
 * namespaces, that one's end kills all that runs in them, and with the last process the mounts are gone.
 */
function runInside(tell: (text: string) => void): Promise<string> {
  mkdirSync(IMAGE, { recursive: true });
  const alone = ['flock', '--no-fork', join(IMAGE, 'lock')];
  const argv = ['--pdeathsig', 'KILL', ...alone, 'unshare', ...NAMESPACES, process.execPath];
  const child = spawn('setpriv', [...argv, join(import.meta.dirname, 'inside.ts')], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    tell(text);
  });
  return new Promise((settle, fail) => {
    child.once('error', fail).once('close', () => settle(said));
  });
}
