import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { aptEnvironment } from './apt.mjs';
import { run, SetupError } from './command.mjs';
import { CACHE } from './place.mjs';
import { digest } from './stamp.mjs';

const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/**
 * A step that unpacks a package of a later Debian into a folder of its own. Whatever it depends on is not: what is
 * taken like this needs nothing but a libc6 of Debian 12. Where it cannot be had, set-up goes on without.
 * @param {object} wanted
 * @param {string} wanted.name of the step
 * @param {string} wanted.suite of Debian: `trixie`
 * @param {string} wanted.package as Debian calls it
 * @param {string} wanted.program of the package that is asked for its version, as a path below `folder`
 * @param {string} wanted.folder for the files, absolute
 * @param {string} wanted.expected the versions that will do, in words
 * @param {(major: number, minor: number, patch: number) => boolean} wanted.isExpected
 */
export const laterDebianStep = ({ name, suite, package: package_, program, folder, expected, isExpected }) => ({
  name,
  optional: true,
  inputs: async () => digest(suite, basename(folder), expected),
  isDone: async () => existsSync(join(folder, program)),

  async make() {
    const fresh = `${folder}.new`;
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    const archive = await download(suite, package_, fresh);
    await run(['dpkg-deb', '--extract', archive, fresh]);
    await rm(archive);
    const said = (await run([join(fresh, program), '--version'])).trim();
    const version = /(\d+)\.(\d+)(?:\.(\d+))?/.exec(said) ?? [];
    if (!isExpected(...version.slice(1).map((part) => Number(part ?? 0)))) {
      throw new SetupError(`expected ${package_} ${expected} in Debian ${suite}, found ${said}`);
    }
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    return `${package_} ${version[0]}`;
  },
});

/** Downloads a package of a suite into a folder, with lists of its own, and returns the file. */
async function download(suite, package_, folder) {
  const state = join(CACHE, `apt-${suite}`);
  const sources = join(state, 'suite.sources');
  const env = await aptEnvironment(state, onlySource(sources));
  await writeFile(sources, await sourceOf(suite));
  try {
    await run(['apt-get', '-q', 'update', '--error-on=any'], { env });
    await run(['apt-get', '-q', 'download', package_], { env, cwd: folder });
  } catch (error) {
    throw new SetupError(
      `the tests with the ${package_} of Debian ${suite} need a way to its mirror (${error.message})`,
      {
        cause: error,
      },
    );
  } finally {
    await rm(state, { recursive: true, force: true });
  }
  const file = (await readdir(folder)).find((name) => name.endsWith('.deb'));
  return join(folder, file);
}

/** What an index of another Debian costs is bounded: this one is all that is read, and a dead mirror is not waited for. */
const onlySource = (file) => `
Dir::Etc::sourcelist "${file}";
Dir::Etc::sourceparts "/dev/null";
Acquire::Retries "1";
Acquire::http::Timeout "20";
Acquire::https::Timeout "20";
`;

/** The machine's own mirror and key, with another suite. apt reads the sources, whichever form they have. */
async function sourceOf(suite) {
  const format = '$(REPO_URI) $(RELEASE) $(COMPONENT) $(SOURCESENTRY)';
  const env = { ...process.env, LC_ALL: 'C' };
  const lines = await run(
    ['apt-get', 'indextargets', '--no-release-info', '--format', format, 'Created-By: Packages'],
    {
      env,
    },
  );
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(await readFile('/etc/os-release', 'utf8'))?.[1];
  const sources = lines.split('\n').map((line) => line.split(' '));
  const [uri, , , entry] = sources.find(([, release, component]) => release === codename && component === 'main') ?? [];
  if (uri === undefined) {
    throw new SetupError(`expected a source of apt with the component main of ${codename}, found:\n${lines.trim()}`);
  }
  return `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: main\nSigned-By: ${await keyOf(entry)}\n`;
}

/**
 * The keyring that a source names, or else Debian's own.
 * @param {string} entry `FILE:N`: the Nth line of a file in the one-line form, the Nth stanza of one in the deb822 form
 */
async function keyOf(entry) {
  const [, file, number] = /^(.*):(\d+)$/.exec(entry) ?? [];
  const text = await readFile(file, 'utf8');
  const parts = file.endsWith('.sources') ? text.split(/\n\s*\n/) : text.split('\n');
  const [, key] = /signed-by[=:]\s*(\/[^\s\]]+)/i.exec(parts[Number(number) - 1] ?? '') ?? [];
  return key ?? DEBIAN_KEYS;
}
