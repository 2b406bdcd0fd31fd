import { join, resolve } from 'node:path';

/** The root of the checkout. */
export const CHECKOUT = resolve(import.meta.dirname, '../..');
/** Everything set-up makes, apart from node_modules and dist. Safe to delete at any time. */
export const CACHE = join(CHECKOUT, '.cache');
/** Debian packages, unpacked: the layer a lab machine puts over the root of this one. */
export const LAB_ROOT = join(CACHE, 'root');
/** The gobgpds of later Debians, unpacked, one folder for each. */
export const GOBGPDS = join(CACHE, 'gobgpd');
/** The etcd of a later Debian, unpacked. */
export const ETCD = join(CACHE, 'etcd');
/** kube-apiserver and kubectl. */
export const KUBERNETES = join(CACHE, 'kubernetes');
/** helm. */
export const HELM = join(CACHE, 'helm');
/** The directory of the pinned Node's `node`. */
export const NODE_BIN = join(CACHE, `node/node_modules/node-linux-${process.arch}/bin`);
