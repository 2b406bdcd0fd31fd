import type { ApiObject } from '../scenario/api-objects.ts';

/** The account of deploy/rbac.yaml, as the audit log calls it. */
export const AGENT_USER = 'system:serviceaccount:fairlead:fairlead';

/** The pod of the DaemonSet on a node, for a token that names the node; nobody runs it. */
export const agentPod = (node: string): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { namespace: 'fairlead', name: `fairlead-${node}` },
  spec: { nodeName: node, serviceAccountName: 'fairlead', containers: [{ name: 'agent', image: 'fairlead' }] },
});
