import { join } from 'node:path';
import { goStep } from './go.mjs';
import { laterDebianStep } from './later-debian.mjs';
import { ETCD, HELM, KUBERNETES } from './place.mjs';

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

const programs = goStep({
  name: 'kube-apiserver and kubectl, built from source (4 minutes)',
  module: join(import.meta.dirname, 'kubernetes'),
  folder: KUBERNETES,
  programs: ['kube-apiserver', 'kubectl'],
  linked: (goMod) => `-X k8s.io/component-base/version.gitVersion=${/k8s\.io\/kubernetes (v\S+)/.exec(goMod)?.[1]}`,
  versionOf: ['kube-apiserver', '--version'],
  else: 'let KUBEBUILDER_ASSETS name a folder with etcd, kube-apiserver and kubectl',
});

/** Of it the tests want `helm template`, which asks nobody. */
const helm = goStep({
  name: 'helm, built from source (2 minutes)',
  module: join(import.meta.dirname, 'helm'),
  folder: HELM,
  programs: ['helm'],
  versionOf: ['helm', 'version', '--short'],
  else: 'do without the tests of the chart',
});

/** A real API server for the tests. Without it, what needs it is skipped. Whoever brings one along needs none made. */
export const kubernetes = [...(process.env['KUBEBUILDER_ASSETS'] ? [] : [etcd, programs]), helm];
