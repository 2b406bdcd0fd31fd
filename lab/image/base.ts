import { chmod, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { findFile, LAB_ROOT, libraryPath } from '../machine/place.ts';
import type { BasePart } from './plan.ts';
import { CERTIFICATES, findNpm, type Mirrors, type Network } from './network.ts';

/** The Debian that the images are of. */
export const SUITE = 'bookworm';
const KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * What the stand-in for a base image is made of; undefined for one that has none. Node's images are Debian's with Node
 * and npm in /usr/local.
 */
export function baseParts(image: string, mirrors: Mirrors): readonly BasePart[] | undefined {
  const debian: BasePart = { name: 'debian', from: `${SUITE} ${mirrors.archive} ${mirrors.security}` };
  if (image === `debian:${SUITE}-slim`) return [debian];
  return image === `node:${MAJOR}-${SUITE}-slim` ? [debian, { name: 'node', from: process.version }] : undefined;
}

/** The Node that runs this is the pinned one. */
const [MAJOR] = process.versions.node.split('.');

/** Puts a part of a base image into a root. */
export const addPart = (part: BasePart['name'], root: string, network: Network): Promise<void> =>
  part === 'node' ? addNode(root) : makeDebian(root, network);

async function makeDebian(root: string, { mirrors, proxies }: Network): Promise<void> {
  const debootstrap = findFile('usr/sbin/debootstrap') ?? 'debootstrap';
  const env = {
    ...proxies,
    DEBOOTSTRAP_DIR: findFile('usr/share/debootstrap') ?? '',
    PATH: `${process.env['PATH']}:/usr/sbin:/sbin:${LAB_ROOT}/usr/bin`,
    LD_LIBRARY_PATH: libraryPath(),
  };
  const options = ['--variant=minbase', '--merged-usr', `--keyring=${KEYS}`];
  await execa('sh', [debootstrap, ...options, SUITE, root, mirrors.archive], { env, all: true });
  await slim(root);
  await writeFile(join(root, 'etc/apt/sources.list.d/debian.sources'), sources(mirrors));
  await rm(join(root, 'etc/apt/sources.list'), { force: true });
}

/** What the slim images leave out, here and of every package that comes later. */
const LEFT_OUT = ['doc', 'man', 'info', 'locale', 'lintian', 'linda', 'groff'].map((name) => `usr/share/${name}`);

async function slim(root: string): Promise<void> {
  const excludes = LEFT_OUT.flatMap((folder) => [`path-exclude /${folder}/*`, `path-include /${folder}/*/copyright`]);
  await writeFile(join(root, 'etc/dpkg/dpkg.cfg.d/docker'), `${excludes.join('\n')}\n`);
  await writeFile(join(root, 'etc/apt/apt.conf.d/docker'), APT_SETTINGS);
  for (const folder of [...LEFT_OUT, 'var/cache/apt', 'var/lib/apt/lists', 'var/log']) await empty(join(root, folder));
  for (const name of ['hosts', 'hostname', 'resolv.conf']) await writeFile(join(root, 'etc', name), '');
}

const APT_SETTINGS = `Acquire::Languages "none";
Dir::Cache::pkgcache "";
Dir::Cache::srcpkgcache "";
DPkg::Post-Invoke { "rm -f /var/cache/apt/archives/*.deb"; };
`;

async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder).catch(() => [])) {
    await rm(join(folder, name), { recursive: true, force: true });
  }
}

const sources = ({ archive, security }: Mirrors): string =>
  [
    stanza(archive, `${SUITE} ${SUITE}-updates`),
    ...(security === undefined ? [] : [stanza(security, `${SUITE}-security`)]),
  ].join('\n');

const stanza = (uri: string, suites: string): string =>
  `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main\nSigned-By: ${KEYS}\n`;

/** Node, and this machine's npm, where Node's images have them. */
async function addNode(root: string): Promise<void> {
  const local = join(root, 'usr/local');
  const modules = join(local, 'lib/node_modules');
  await mkdir(modules, { recursive: true });
  await cp(process.execPath, join(local, 'bin/node'));
  await chmod(join(local, 'bin/node'), 0o755);
  await cp(findNpm(), join(modules, 'npm'), { recursive: true });
  await symlink('../lib/node_modules/npm/bin/npm-cli.js', join(local, 'bin/npm'));
  await chmod(join(modules, 'npm/bin/npm-cli.js'), 0o755);
}

/** Where a running step finds what belongs to this machine and not to the image. Every Debian has the folder, empty. */
const MACHINE = '/mnt';

/**
 * Writes what lets the commands of a step reach the mirror and the registry, and returns their environment for it.
 * @param folder what `MACHINE` is in the root, as this process sees it: in memory, and gone with the step
 * @param files the sources in the image, by name
 */
export async function lendNetwork(
  folder: string,
  network: Network,
  files: Readonly<Record<string, string>>,
): Promise<Record<string, string>> {
  const settings = [
    ...network.apt.filter((line) => !/CaInfo|CaPath/i.test(line)),
    `Acquire::https::CaInfo "${MACHINE}/certificates";`,
    `Dir::Etc::sourceparts "${MACHINE}/sources.d";`,
  ];
  await mkdir(join(folder, 'sources.d'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, 'sources.d', name), text);
  await writeFile(join(folder, 'apt.conf'), `${settings.join('\n')}\n`);
  await writeFile(join(folder, 'npmrc'), network.npmrc, { mode: 0o600 });
  await cp(CERTIFICATES, join(folder, 'certificates')).catch(() => writeFile(join(folder, 'certificates'), ''));
  return {
    ...network.proxies,
    APT_CONFIG: `${MACHINE}/apt.conf`,
    NODE_EXTRA_CA_CERTS: `${MACHINE}/certificates`,
    npm_config_cache: `${MACHINE}/npm`,
    npm_config_registry: network.registry,
    npm_config_userconfig: `${MACHINE}/npmrc`,
    npm_config_update_notifier: 'false',
  };
}
