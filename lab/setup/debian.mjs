import { existsSync, readdirSync } from 'node:fs';
import { lstat, mkdir, readdir, symlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { aptEnvironment } from './apt.mjs';
import { pipe, run, SetupError } from './command.mjs';
import { secondKernelPackages, testPackages, wantedPackages } from './packages.mjs';
import { CACHE, LAB_ROOT } from './place.mjs';
import { digest, digestFiles } from './stamp.mjs';

const APT = join(CACHE, 'apt');
const ARCHIVES = join(APT, 'archives');
/** The folders that are links into usr/ on every Debian since 12. */
const MERGED = ['bin', 'lib', 'lib64', 'sbin'];
const DPKG_STATUS = '/var/lib/dpkg/status';

/** A step that downloads packages and unpacks them below .cache/root. Nothing is installed on this machine. */
const packagesStep = (name, list) => ({
  name,

  /** Another wish, another table or another set of installed packages ask for another look. */
  inputs: async () => digest(JSON.stringify(list()), await digestFiles(DPKG_STATUS)),

  isDone: async () => list().every(isThere),

  async make() {
    await makeMergedRoot();
    const missing = list().filter((wanted) => !isThere(wanted));
    const files = missing.length === 0 ? [] : await fetchAll(missing.map(({ name: package_ }) => package_));
    for (const file of files) await unpack(file);
    await checkUnpacked(missing);
    await placeModules();
    return missing.length === 0 ? 'all there' : `${files.length} packages`;
  },
});

/** What a lab machine needs. */
export const debian = packagesStep('Debian packages for the lab', wantedPackages);

/** What a lab machine with Debian's own kernel needs. Without it, the tests that want that kernel are skipped. */
export const secondKernel = {
  ...packagesStep('Debian packages for a second kernel', secondKernelPackages),
  optional: true,
};

/** What only tests need. Without it, those that want one of them are skipped. */
export const testTools = { ...packagesStep('Debian packages for the tests', testPackages), optional: true };

const isThere = ({ file }) => ['/', LAB_ROOT].some((root) => exists(join(root, file)));

/** Whether there is a file of that path; a star at its end stands for anything. */
function exists(path) {
  if (!path.endsWith('*')) return existsSync(path);
  const start = basename(path).slice(0, -1);
  return existsSync(dirname(path)) && readdirSync(dirname(path)).some((name) => name.startsWith(start));
}

/** A usr-merged root, like Debian's own: without the links an unpacked lib/ would hide this machine's /lib. */
async function makeMergedRoot() {
  await mkdir(join(LAB_ROOT, 'etc'), { recursive: true });
  for (const name of MERGED) {
    await mkdir(join(LAB_ROOT, 'usr', name), { recursive: true });
    if (!existsSync(join(LAB_ROOT, name))) await symlink(`usr/${name}`, join(LAB_ROOT, name));
  }
}

/** Downloads packages with all they depend on that is not installed here, and returns the files. */
async function fetchAll(names) {
  const environment = await aptEnvironment(APT);
  const apt = (...args) => run(['apt-get', '-q', ...args], { env: environment });
  const install = ['install', '-y', '--no-install-recommends', '--no-upgrade', ...names];
  const fetch = async () => {
    // What is downloaded already is not printed; against an empty cache, everything is.
    const listing = await apt(...install, '--print-uris', '-o', `Dir::Cache::archives=${APT}/none/`);
    await apt(...install, '--download-only');
    return [...listing.matchAll(/^'[^']+' (\S+\.deb) /gm)].map(([, file]) => join(ARCHIVES, file));
  };
  try {
    const known = await readdir(join(APT, 'lists'));
    // Lists of an earlier run may name versions that the mirror no longer has: then once more with new ones.
    if (known.some((name) => name.includes('Packages'))) return await fetch().catch(() => updated());
    return await updated();
  } catch (error) {
    throw new SetupError(howToHelp(names, error), { cause: error });
  }

  async function updated() {
    // One unreachable third-party source fails `update`, but need not stand in the way of what is wanted here.
    const failure = await apt('update', '--error-on=any').then(
      () => undefined,
      (error) => error,
    );
    return fetch().catch((error) => {
      throw failure ?? error;
    });
  }
}

const howToHelp = (
  names,
  error,
) => `the lab needs ${names.length} Debian packages that are neither installed nor could be downloaded.
Either give this machine a way to its Debian mirror and start again, or have them installed by the admin:
  apt-get install --no-install-recommends ${names.join(' ')}
(${error.message})`;

/**
 * tar would replace the links of the merged root by the package's own lib/ without being told not to, and
 * `dpkg-deb --extract` has no way to tell it.
 */
async function unpack(file) {
  await pipe(
    ['dpkg-deb', '--fsys-tarfile', file],
    ['tar', '-x', '--keep-directory-symlink', '--no-same-owner', '-C', LAB_ROOT],
  );
  const links = await Promise.all(MERGED.map((name) => lstat(join(LAB_ROOT, name))));
  if (links.every((link) => link.isSymbolicLink())) return;
  throw new SetupError(
    `unpacking ${basename(file)} replaced a link of the merged root; expected tar --keep-directory-symlink to keep it`,
  );
}

/** Puts the modules of every kernel where modprobe looks, with the index that Debian makes when it installs one. */
async function placeModules() {
  const modules = join(LAB_ROOT, 'usr/lib/modules');
  await mkdir(modules, { recursive: true });
  for (const uml of [join(LAB_ROOT, 'usr/lib/uml/modules'), '/usr/lib/uml/modules']) {
    for (const kernel of await readdir(uml).catch(() => [])) {
      if (existsSync(join(modules, kernel))) continue;
      await symlink(uml.startsWith(LAB_ROOT) ? `../uml/modules/${kernel}` : join(uml, kernel), join(modules, kernel));
    }
  }
  const unindexed = (await readdir(modules)).filter((kernel) => !existsSync(join(modules, kernel, 'modules.dep')));
  for (const kernel of unindexed) await run([findKmod(), '-b', LAB_ROOT, kernel], { argv0: 'depmod' });
}

const findKmod = () => [join(LAB_ROOT, 'usr/bin/kmod'), '/usr/bin/kmod'].find((path) => existsSync(path));

async function checkUnpacked(wanted) {
  const absent = wanted.filter((one) => !isThere(one));
  if (absent.length === 0) return;
  const list = absent.map(({ name, file }) => `${name} (${file})`).join(', ');
  throw new SetupError(`after unpacking, these files are still missing below ${LAB_ROOT}: ${list}`);
}
