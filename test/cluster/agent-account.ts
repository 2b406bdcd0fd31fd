import { join } from 'node:path';
import { CHECKOUT } from '../../lab/machine/place.ts';
import type { ApiObject } from '../scenario/api-objects.ts';

/** The manifests of the account and its rights, in the order in which they can be applied. */
export const RIGHTS = ['namespace', 'service-account', 'rbac', 'admission-policies'].map((name) =>
  join(CHECKOUT, 'deploy/kustomize/base', `${name}.yaml`),
);

/** The account of the agents, as the audit log calls it. */
export const AGENT_USER = 'system:serviceaccount:fairlead:fairlead';

/** The pod of the DaemonSet on a node, for a token that names the node; nobody runs it. */
export const agentPod = (node: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'fairlead', name: `fairlead-${node}` },
  spec: { nodeName: node, serviceAccountName: 'fairlead', containers: [{ name: 'agent', image: 'fairlead' }] },
});
