import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { CACHE } from '../../lab/machine/place.ts';

/** The files of the programs that make a cluster. */
export interface ClusterPrograms {
  readonly etcd: string;
  readonly apiServer: string;
  readonly kubectl: string;
}

/** By the convention of envtest: a folder with etcd, kube-apiserver and kubectl. */
const ASSETS = process.env['KUBEBUILDER_ASSETS'];

const FOUND: ClusterPrograms = {
  etcd: join(ASSETS ?? join(CACHE, 'etcd/usr/bin'), 'etcd'),
  apiServer: join(ASSETS ?? join(CACHE, 'kubernetes'), 'kube-apiserver'),
  kubectl: join(ASSETS ?? join(CACHE, 'kubernetes'), 'kubectl'),
};

/**
 * The programs of $KUBEBUILDER_ASSETS, or those that set-up has made.
 * @throws where one of them is not there
 */
export function clusterPrograms(): ClusterPrograms {
  const missing = Object.values(FOUND).filter((file) => !existsSync(file));
  if (missing.length === 0) return FOUND;
  throw new Error(`expected etcd, kube-apiserver and kubectl, found no ${missing.join(', ')}`);
}

/**
 * Why no real API server can run here; undefined where one can. Whoever skips a test for it gives it as the reason. A
 * folder that was named has to be right.
 */
export const obstacleToCluster = (): string | undefined =>
  ASSETS !== undefined || Object.values(FOUND).every((file) => existsSync(file))
    ? undefined
    : 'NO REAL API SERVER: no Go to build one and no KUBEBUILDER_ASSETS; `node lab/setup/main.mjs --kubernetes` says more';
