import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { run, SetupError } from './command.mjs';
import { laterDebianStep } from './later-debian.mjs';
import { ETCD, KUBERNETES } from './place.mjs';
import { digest } from './stamp.mjs';

/** The Go module that pins them. */
const MODULE = join(import.meta.dirname, 'kubernetes');
const PROGRAMS = ['kube-apiserver', 'kubectl'];
/** The first Go that fetches the one that a module asks for. */
const OLDEST_GO = 21;

/** Debian 12's 3.4 is too old for an API server of today (apiserver/pkg/storage/feature/feature_support_checker.go). */
const etcd = laterDebianStep({
  name: 'etcd of Debian trixie',
  suite: 'trixie',
  package: 'etcd-server',
  program: 'usr/bin/etcd',
  folder: ETCD,
  expected: '3.5 from 3.5.13 on',
  isExpected: (major, minor, patch) => major === 3 && minor === 5 && patch >= 13,
});

/** Nobody packages them, so that they are built. A machine with Go has to be able to; one without goes on without. */
const programs = {
  name: 'kube-apiserver and kubectl, built from source (4 minutes)',
  get optional() {
    return findGo() === undefined;
  },
  inputs: async () => digest(await readModule('go.mod'), await readModule('go.sum')),
  isDone: async () => PROGRAMS.every((name) => existsSync(join(KUBERNETES, name))),

  async make() {
    const go = findGo();
    if (go === undefined) throw new SetupError(WITHOUT_GO);
    const [, version] = /k8s\.io\/kubernetes (v\S+)/.exec(await readModule('go.mod')) ?? [];
    const fresh = `${KUBERNETES}.new`;
    await rm(fresh, { recursive: true, force: true });
    const flags = `-s -w -X k8s.io/component-base/version.gitVersion=${version}`;
    await run([go, 'build', '-mod=readonly', '-trimpath', '-ldflags', flags, '-o', `${fresh}/`, 'tool'], {
      cwd: MODULE,
      env: { ...process.env, CGO_ENABLED: '0', GOWORK: 'off' },
    });
    await rm(KUBERNETES, { recursive: true, force: true });
    await rename(fresh, KUBERNETES);
    return (await run([join(KUBERNETES, 'kube-apiserver'), '--version'])).trim();
  },
};

const WITHOUT_GO = `kube-apiserver and kubectl are built with Go 1.${OLDEST_GO} or later, which is not here. Either install it, or let
KUBEBUILDER_ASSETS name a folder with etcd, kube-apiserver and kubectl`;

const readModule = (name) => readFile(join(MODULE, name), 'utf8');

/** In PATH, or where Go's own archive is unpacked to (go.dev/doc/install), which not every PATH has. */
const findGo = () => ['go', '/usr/local/go/bin/go'].find(isNewEnough);

function isNewEnough(go) {
  const { stdout } = spawnSync(go, ['env', 'GOVERSION'], { encoding: 'utf8' });
  return Number(/^go1\.(\d+)/.exec(stdout ?? '')?.[1]) >= OLDEST_GO;
}

/** A real API server for the tests. Without it, what needs it is skipped. Whoever brings one along needs none made. */
export const kubernetes = process.env['KUBEBUILDER_ASSETS'] ? [] : [etcd, programs];
