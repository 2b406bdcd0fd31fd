import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const DEPLOY = new URL('../../../deploy/kustomize/', import.meta.url);
const DAEMONSET = 'base/daemonset.yaml';
/** What the overlay for both families changes in it: the arguments of its first container. */
const DUAL_STACK = 'overlays/dual-stack/kernel.yaml';

const container = z.object({
  name: z.string(),
  command: z.array(z.string()),
  args: z.array(z.string()).default([]),
  restartPolicy: z.literal('Always').optional(),
  securityContext: z.object({
    privileged: z.boolean().default(false),
    runAsUser: z.literal(0).optional(),
    allowPrivilegeEscalation: z.literal(false).optional(),
    readOnlyRootFilesystem: z.literal(true),
    capabilities: z.object({ drop: z.tuple([z.literal('ALL')]), add: z.array(z.string()) }).optional(),
  }),
  volumeMounts: z.array(z.object({ name: z.string(), mountPath: z.string(), readOnly: z.boolean().default(false) })),
});

const daemonSet = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({
        securityContext: z.object({ seccompProfile: z.object({ type: z.literal('RuntimeDefault') }) }),
        initContainers: z.array(container),
        containers: z.array(container),
        volumes: z.array(z.looseObject({ name: z.string(), hostPath: z.object({ path: z.string() }).optional() })),
      }),
    }),
  }),
});

/** `init` is one that is run to its end before the next is started. */
export type Container = z.infer<typeof container> & { readonly init: boolean };

const patch = z.object({
  spec: z.object({
    template: z.object({
      spec: z.object({ initContainers: z.tuple([z.strictObject({ name: z.string(), args: z.array(z.string()) })]) }),
    }),
  }),
});

/** As Kubernetes reads it, to which 0400 is octal. */
const read = (file: string): unknown => parse(readFileSync(new URL(file, DEPLOY), 'utf8'), { version: '1.1' });

/**
 * The DaemonSet's pod for both families, as far as a container runtime acts on it. What is less strict in it than it was
 * when this was written is refused. `volumes` has the path on the host, where a volume has one.
 */
export function readPod(): {
  readonly containers: readonly Container[];
  readonly volumes: ReadonlyMap<string, string | undefined>;
} {
  const { spec } = daemonSet.parse(read(DAEMONSET)).spec.template;
  const [{ args, name }] = patch.parse(read(DUAL_STACK)).spec.template.spec.initContainers;
  const inits = spec.initContainers.map((one) => ({ ...one, init: one.restartPolicy === undefined }));
  const containers = [...inits, ...spec.containers.map((one) => ({ ...one, init: false }))];
  return {
    containers: containers.map((one) => (one.name === name ? { ...one, args } : one)),
    volumes: new Map(spec.volumes.map((volume) => [volume.name, volume.hostPath?.path])),
  };
}
