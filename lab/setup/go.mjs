import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, SetupError } from './command.mjs';
import { digest } from './stamp.mjs';

/** The first Go that fetches the one that a module asks for. */
const OLDEST_GO = 21;

/**
 * A step that builds programs which nobody packages, from a Go module beside this file that pins them as its tools. A machine
 * with Go has to be able to; one without goes on without.
 *
 * @param {object} of
 * @param {string} of.name what the step is called
 * @param {string} of.module the folder of the module
 * @param {string} of.folder where the programs go
 * @param {readonly string[]} of.programs their names
 * @param {(goMod: string) => string} [of.linked] flags for the linker, for what go.mod says
 * @param {readonly string[]} of.versionOf the command that tells the version, its program below the folder
 * @param {string} of.else what to do where there is no Go, in words that follow "Either install it, or"
 */
export const goStep = ({
  name,
  module,
  folder,
  programs,
  linked = () => '',
  versionOf: [program, ...args],
  ...of
}) => ({
  name,
  get optional() {
    return findGo() === undefined;
  },
  inputs: async () => digest(await readText(module, 'go.mod'), await readText(module, 'go.sum')),
  isDone: async () => programs.every((file) => existsSync(join(folder, file))),

  async make() {
    const go = findGo();
    if (go === undefined) throw new SetupError(`${programs.join(' and ')}: ${WITHOUT_GO} ${of.else}`);
    const fresh = `${folder}.new`;
    await rm(fresh, { recursive: true, force: true });
    const flags = `-s -w ${linked(await readText(module, 'go.mod'))}`;
    await run([go, 'build', '-mod=readonly', '-trimpath', '-ldflags', flags, '-o', `${fresh}/`, 'tool'], {
      cwd: module,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    });
    await rm(folder, { recursive: true, force: true });
    await rename(fresh, folder);
    return (await run([join(folder, program), ...args])).trim();
  },
});

const WITHOUT_GO = `built with Go 1.${OLDEST_GO} or later, which is not here. Either install it, or`;

const readText = (folder, name) => readFile(join(folder, name), 'utf8');

/** In PATH, or where Go's own archive is unpacked to (go.dev/doc/install), which not every PATH has. */
const findGo = () => ['go', '/usr/local/go/bin/go'].find(isNewEnough);

function isNewEnough(go) {
  const { stdout } = spawnSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' });
  return Number(/^go1\.(\d+)/.exec(stdout ?? '')?.[1]) >= OLDEST_GO;
}
