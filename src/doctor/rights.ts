import type { Severity } from './finding.ts';

/** One thing that the agent does in the API, as RBAC names it. */
export interface Right {
  readonly verb: string;
  /** Empty for the core group. */
  readonly group: string;
  /** With the subresource: `nodes/status`. */
  readonly resource: string;
  /** `own`: where the Leases are. Undefined where it is for all namespaces, or for what is in none. */
  readonly namespace: 'own' | 'default' | undefined;
}

/** Rights that one thing needs, and what is lost without them. */
interface Need {
  readonly subject: string;
  readonly verbs: readonly string[];
  readonly group: string;
  readonly resource: string;
  readonly namespace?: 'own' | 'default';
  readonly severity: Exclude<Severity, 'ok'>;
  readonly without: string;
}

/** What deploy/kustomize/base/rbac.yaml grants; a test compares the two. */
export const NEEDS: readonly Need[] = [
  {
    subject: 'Services',
    verbs: ['list', 'watch'],
    group: '',
    resource: 'services',
    severity: 'error',
    without: 'nothing is served',
  },
  {
    subject: 'EndpointSlices',
    verbs: ['list', 'watch'],
    group: 'discovery.k8s.io',
    resource: 'endpointslices',
    severity: 'error',
    without: 'nothing is served',
  },
  {
    subject: 'ServiceCIDRs',
    verbs: ['list', 'watch'],
    group: 'networking.k8s.io',
    resource: 'servicecidrs',
    severity: 'warning',
    without: '`ranges: auto` knows no range',
  },
  {
    subject: 'this Node',
    verbs: ['list', 'watch'],
    group: '',
    resource: 'nodes',
    severity: 'error',
    without: 'its labels, zone, taints and the annotation fairlead.io/drain are not known',
  },
  {
    subject: 'the Leases of the agents',
    verbs: ['create', 'delete', 'get', 'list', 'update', 'watch'],
    group: 'coordination.k8s.io',
    resource: 'leases',
    namespace: 'own',
    severity: 'error',
    without: 'the nodes do not know of each other: no fault withdraws, and no drain begins',
  },
  {
    subject: 'Events of this Node',
    verbs: ['create', 'patch'],
    group: '',
    resource: 'events',
    namespace: 'default',
    severity: 'warning',
    without: '`kubectl describe node` does not tell what the agent does',
  },
  {
    subject: 'the condition of this Node',
    verbs: ['patch'],
    group: '',
    resource: 'nodes/status',
    severity: 'warning',
    without: '`kubectl get nodes` does not show how the node is announced',
  },
];

export const rightsOf = ({ group, namespace, resource, verbs }: Need): Right[] =>
  verbs.map((verb) => ({ verb, group, resource, namespace }));
