import { existsSync } from 'node:fs';
import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.mjs';
import { CACHE, CHECKOUT, NODE_BIN } from './place.mjs';
import { digest } from './stamp.mjs';

const PINNED = join(import.meta.dirname, 'node');
const NPM_CI = ['npm', 'ci', '--no-audit', '--no-fund', '--ignore-scripts'];
const PACKAGE_FILES = ['package.json', 'package-lock.json'];

/** The pinned Node, from npm, in .cache/node. */
export const node = {
  name: 'Node 24 (50 MB)',
  inputs: async () => digest(...(await Promise.all(PACKAGE_FILES.map((name) => readFile(join(PINNED, name), 'utf8'))))),
  isDone: async () => existsSync(join(NODE_BIN, 'node')),
  async make() {
    const folder = join(CACHE, 'node');
    await mkdir(folder, { recursive: true });
    for (const name of PACKAGE_FILES) await copyFile(join(PINNED, name), join(folder, name));
    await run(NPM_CI, { cwd: folder });
    return (await run([join(NODE_BIN, 'node'), '--version'])).trim();
  },
};

/** The npm packages of the project, exactly as locked. */
export const modules = {
  name: 'npm packages',
  inputs: async () => digest(await readFile(join(CHECKOUT, 'package-lock.json'), 'utf8')),
  isDone: async () => existsSync(join(CHECKOUT, 'node_modules')),
  async make() {
    if (await alreadyInstalled()) return 'as locked';
    await run(NPM_CI, { cwd: CHECKOUT, env: { ...process.env, PATH: `${NODE_BIN}:${process.env['PATH']}` } });
    return 'installed';
  },
};

/** Whether node_modules, by npm's own record, holds what the lock file asks for on this platform. */
async function alreadyInstalled() {
  const [locked, installed] = await Promise.all([
    readPackages('package-lock.json'),
    readPackages('node_modules/.package-lock.json').catch(() => ({})),
  ]);
  const paths = Object.keys(locked).filter((path) => path !== '');
  return paths.every(
    (path) => installed[path]?.version === locked[path].version || (!installed[path] && locked[path].optional),
  );
}

const readPackages = async (path) => JSON.parse(await readFile(join(CHECKOUT, path), 'utf8')).packages;
