import { mkdir, readdir, readFile, realpath, rename, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../error.ts';
import { CACHE, CHECKOUT } from '../machine/place.ts';
import { addPart, lendNetwork } from './base.ts';
import { type Network, ownSources } from './network.ts';
import type { Layer, LayerStep } from './plan.ts';

/** Everything that is made of an image. Safe to delete at any time. */
export const IMAGE = join(CACHE, 'image');
const LAYERS = join(IMAGE, 'layers');
const MOUNTED = join(IMAGE, 'mounted');
const OTHER = join(IMAGE, 'other');

/**
 * Makes the layers of a stage that are not there yet, each as what it changes of those below: a folder that overlayfs
 * lays over them. All mounts are left to the end of the mount namespace that this process is in.
 * @param tell is called with the line and the time of each that was made
 * @throws {LabError} with the line of the step that failed, and the end of what it said
 */
export async function makeLayers(
  layers: readonly Layer[],
  network: Network,
  tell: (line: number, step: LayerStep, ms: number) => void,
): Promise<void> {
  for (const [index, layer] of layers.entries()) {
    if (existsSync(join(LAYERS, layer.key))) continue;
    const started = performance.now();
    try {
      await makeLayer(layer, layers.slice(0, index), network);
    } catch (error) {
      throw new LabError(`deploy/Dockerfile:${layer.line}: ${layer.step.op}: ${said(error)}`, { cause: error });
    }
    tell(layer.line, layer.step, performance.now() - started);
  }
}

const KEPT_LINES = 15;

/** Of a command, execa's message ends with all that it said. */
const said = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).trim().split('\n').slice(-KEPT_LINES).join('\n');

async function makeLayer({ key, step }: Layer, below: readonly Layer[], network: Network): Promise<void> {
  const draft = join(LAYERS, `${key}.new`);
  await rm(draft, { recursive: true, force: true });
  for (const name of ['upper', 'work']) await mkdir(join(draft, name), { recursive: true });
  if (below.length === 0) await perform(step, join(draft, 'upper'), network);
  else {
    const upper = `,upperdir=${key}.new/upper,workdir=${key}.new/work`;
    await inOverlay(MOUNTED, below, upper, () => perform(step, MOUNTED, network));
  }
  await rename(join(draft, 'upper'), join(LAYERS, key));
  await rm(draft, { recursive: true });
}

/** Does something while layers are mounted on a folder; read-only where `upper` names no place for changes. */
async function inOverlay(
  at: string,
  layers: readonly Layer[],
  upper: string,
  work: () => Promise<void>,
): Promise<void> {
  await mkdir(at, { recursive: true });
  const keys = layers.map(({ key }) => key).toReversed();
  // Relative, since the options of a mount have to fit a page.
  await execa('mount', ['-t', 'overlay', 'image', '-o', `lowerdir=${keys.join(':')}${upper}`, at], { cwd: LAYERS });
  try {
    await work();
  } finally {
    await execa('umount', ['--recursive', at]);
  }
}

function perform(step: LayerStep, root: string, network: Network): Promise<void> {
  switch (step.op) {
    case 'FROM':
      return addPart(step.part, root, network);
    case 'WORKDIR':
      return copy([], root, `${step.path}/`);
    case 'COPY': {
      const from = step.from;
      if (from === undefined) return copy(below(CHECKOUT, step.sources), root, step.target);
      return inOverlay(OTHER, from, '', () => copy(below(OTHER, step.sources), root, step.target));
    }
    case 'RUN':
      return runStep(step, root, network);
  }
}

const below = (folder: string, paths: readonly string[]): string[] => paths.map((path) => join(folder, path));

/**
 * As docker copies: folders by their content, everything owned by root; `target` ends with / where it is a folder that
 * is made if it is not there.
 */
async function copy(sources: readonly string[], root: string, target: string): Promise<void> {
  const place = join(root, target);
  const folder = target.endsWith('/') ? place : dirname(place);
  await mkdir(folder, { recursive: true });
  // A link in the image must not lead out of it.
  if (!`${await realpath(folder)}/`.startsWith(`${await realpath(root)}/`)) {
    throw new LabError(`expected ${target} to stay in the image, found ${await realpath(folder)}`);
  }
  for (const source of sources) await copyOne(source, place, target.endsWith('/'));
}

async function copyOne(source: string, place: string, intoFolder: boolean): Promise<void> {
  const options = ['--recursive', '--no-dereference', '--preserve=mode,timestamps', '--no-target-directory'];
  const isFolder = existsSync(`${source}/.`);
  await execa('cp', [...options, '--', source, intoFolder && !isFolder ? join(place, basename(source)) : place], {
    all: true,
  });
}

const DEVICES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

/** Runs a command in a root with what docker gives it: devices, /proc, names, and this machine's ways to the network. */
async function runStep({ command, config }: LayerStep & { op: 'RUN' }, root: string, network: Network): Promise<void> {
  const dev = join(root, 'dev');
  const machine = join(root, 'mnt');
  await execa('mount', ['-t', 'proc', 'proc', join(root, 'proc')]);
  await execa('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'dev', dev]);
  for (const name of DEVICES) await bind(`/dev/${name}`, join(dev, name));
  for (const name of ['resolv.conf', 'hosts']) await bind(`/etc/${name}`, join(root, 'etc', name));
  await execa('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'machine', machine]);
  const lent = await lendNetwork(machine, network, await ownSourcesOf(root, network));
  const env = { ...lent, ...config.env, HOME: '/root', DEBIAN_FRONTEND: 'noninteractive' };
  const argv = [
    `--userspec=${config.user}`,
    root,
    '/bin/sh',
    '-c',
    `cd "$0" && exec /bin/sh -c "$1"`,
    config.workdir,
    command,
  ];
  await execa('chroot', argv, { env, extendEnv: false, all: true, stdin: 'ignore' });
}

async function bind(source: string, target: string): Promise<void> {
  await execa('touch', [target]);
  await execa('mount', ['--bind', source, target]);
}

async function ownSourcesOf(root: string, { mirrors }: Network): Promise<Record<string, string>> {
  const folder = join(root, 'etc/apt/sources.list.d');
  const names = (await readdir(folder)).filter((name) => name.endsWith('.sources'));
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, ownSources(texts[index] ?? '', mirrors)]));
}

/** Copies what layers are together into a folder of its own, which takes the place of an earlier one at once. */
export async function flatten(layers: readonly Layer[], folder: string): Promise<void> {
  const draft = `${folder}.new`;
  await rm(draft, { recursive: true, force: true });
  await mkdir(draft, { recursive: true });
  await inOverlay(MOUNTED, layers, '', async () => void (await execa('cp', ['-a', `${MOUNTED}/.`, draft])));
  await rm(folder, { recursive: true, force: true });
  await rename(draft, folder);
}

/** Deletes what belongs to none of these: layers of earlier Dockerfiles, and drafts. */
export async function forgetOthers(layers: readonly Layer[]): Promise<void> {
  const wanted = new Set(layers.map(({ key }) => key));
  for (const name of await readdir(LAYERS)) {
    if (!wanted.has(name)) await rm(join(LAYERS, name), { recursive: true, force: true });
  }
}
