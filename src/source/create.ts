import type { Logger } from 'pino';
import type { SourceConfig } from '../config/config.ts';
import { createKubernetesSource } from './kubernetes.ts';
import { createManifestSource } from './manifests.ts';
import type { Source } from './source.ts';

/** The source that the configuration names, for the node of that name. Nothing is read before its `start`. */
export function createSource(config: SourceConfig, node: string, log: Logger): Source {
  return config.kind === 'manifests'
    ? createManifestSource({ directory: config.directory, node, log })
    : createKubernetesSource({ ...config, node, log });
}
