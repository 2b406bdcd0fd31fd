import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { objectsIn } from './render.ts';

/** What the pods of the base may do, and what keeps them running. */

interface Container {
  readonly name: string;
  readonly securityContext: object;
  readonly volumeMounts: readonly { readonly name: string; readonly mountPath: string; readonly subPath?: string }[];
}

interface Pod {
  readonly containers: readonly Container[];
  readonly initContainers: readonly Container[];
  readonly volumes: readonly { readonly name: string; readonly hostPath?: { readonly path: string } }[];
}

const [daemonSet] = objectsIn(readFileSync(join(CHECKOUT, 'deploy/kustomize/base/daemonset.yaml'), 'utf8'));
const { spec } = daemonSet as unknown as { spec: { updateStrategy: object; template: { spec: Pod } } };
const pod = spec.template.spec;
const [kernel, ...lasting] = [...pod.initContainers, ...pod.containers];
const mounts = [...pod.initContainers, ...pod.containers].flatMap(({ name, volumeMounts }) =>
  volumeMounts.map((mount) => ({ ...mount, container: name })),
);

test('pods come before others and go after them, on every lb node, and are replaced one by one', () => {
  expect(spec.updateStrategy).toStrictEqual({ rollingUpdate: { maxUnavailable: 1 } });
  expect(pod).toMatchObject({
    priorityClassName: 'system-node-critical',
    tolerations: [{ operator: 'Exists' }],
    terminationGracePeriodSeconds: 45,
  });
});

const confined = (add: readonly string[]) => ({
  runAsUser: 0,
  allowPrivilegeEscalation: false,
  readOnlyRootFilesystem: true,
  capabilities: { drop: ['ALL'], add },
});

test('the container that prepares the kernel is privileged; each other has its capabilities, and nothing of its own to write', () => {
  expect(pod).toMatchObject({ securityContext: { seccompProfile: { type: 'RuntimeDefault' } } });
  expect(kernel?.securityContext).toStrictEqual({ privileged: true, readOnlyRootFilesystem: true });
  expect(lasting.map(({ name, securityContext }) => [name, securityContext])).toStrictEqual([
    ['gobgpd', confined(['NET_BIND_SERVICE'])],
    ['agent', confined(['NET_ADMIN', 'NET_RAW', 'SYS_ADMIN'])],
  ]);
});

test('of the account, the agent alone has a token, where the clients of Kubernetes look for it', () => {
  expect(pod).toMatchObject({ automountServiceAccountToken: false });
  const place = '/var/run/secrets/kubernetes.io/serviceaccount';
  expect(mounts.filter(({ name }) => name === 'token')).toStrictEqual([
    { name: 'token', mountPath: place, readOnly: true, container: 'agent' },
  ]);
});

test('what is mounted of a ConfigMap or a Secret is a folder: kubelet never changes a subPath', () => {
  expect(mounts.filter(({ subPath }) => subPath !== undefined)).toStrictEqual([]);
});

test('of the node, the modules are read, and the lock of iptables is shared', () => {
  const shared = pod.volumes.flatMap(({ hostPath, name }) => (hostPath === undefined ? [] : [[name, hostPath.path]]));
  expect(shared).toStrictEqual([
    ['modules', '/lib/modules'],
    ['xtables-lock', '/run/xtables.lock'],
  ]);
  expect(mounts.filter(({ name }) => name === 'modules')).toMatchObject([{ container: 'kernel', readOnly: true }]);
});
