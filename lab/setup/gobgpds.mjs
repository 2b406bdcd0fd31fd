import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { aptEnvironment } from './apt.mjs';
import { run, SetupError } from './command.mjs';
import { CACHE, GOBGPDS } from './place.mjs';
import { digest } from './stamp.mjs';

const DEBIAN_KEYS = '/usr/share/keyrings/debian-archive-keyring.gpg';

/** A step that unpacks the gobgpd of a later Debian beside the tests. It needs nothing but a libc6 of Debian 12. */
const gobgpdStep = ({ suite, folder, expected, isExpected }) => ({
  name: `gobgpd ${folder} of Debian ${suite}`,
  optional: true,
  inputs: async () => digest(suite, folder, expected),
  isDone: async () => existsSync(join(GOBGPDS, folder, 'usr/bin/gobgpd')),

  async make() {
    const fresh = join(GOBGPDS, `${folder}.new`);
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    const archive = await download(suite, fresh);
    await run(['dpkg-deb', '--extract', archive, fresh]);
    await rm(archive);
    const version = (await run([join(fresh, 'usr/bin/gobgpd'), '--version'])).trim();
    const [major, minor] = (/(\d+)\.(\d+)/.exec(version) ?? []).slice(1).map(Number);
    if (!isExpected(major, minor)) {
      throw new SetupError(`expected gobgpd ${expected} in Debian ${suite}, found ${version}`);
    }
    await rm(join(GOBGPDS, folder), { recursive: true, force: true });
    await rename(fresh, join(GOBGPDS, folder));
    return version;
  },
});

/** The gobgpds that the tests want beside Debian 12's 3.10. Without them, what needs them is skipped. */
export const gobgpds = [
  {
    suite: 'forky',
    folder: '4',
    expected: '4.x from 4.6 on',
    isExpected: (major, minor) => major === 4 && minor >= 6,
  },
  { suite: 'trixie', folder: '3.36', expected: '3.36', isExpected: (major, minor) => major === 3 && minor === 36 },
].map(gobgpdStep);

/** Downloads the gobgpd of a suite into a folder, with lists of its own, and returns the file. */
async function download(suite, folder) {
  const state = join(CACHE, `apt-${suite}`);
  const sources = join(state, 'suite.sources');
  const env = await aptEnvironment(state, onlySource(sources));
  await writeFile(sources, await sourceOf(suite));
  try {
    await run(['apt-get', '-q', 'update', '--error-on=any'], { env });
    await run(['apt-get', '-q', 'download', 'gobgpd'], { env, cwd: folder });
  } catch (error) {
    throw new SetupError(`the tests with the gobgpd of Debian ${suite} need a way to its mirror (${error.message})`, {
      cause: error,
    });
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
