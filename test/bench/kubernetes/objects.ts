import { createHash } from 'node:crypto';

/** The node that asks. */
export const NODE = 'lb1';
/** Holds every ClusterIP below. */
export const RANGE = '10.96.0.0/16';
const SERVICE_PORT = 80;
const NAMESPACES = 200;
const WORKERS = 500;
const CREATED = '2026-03-01T10:11:12Z';

/** How large a cluster is. */
export interface Size {
  readonly services: number;
  readonly endpointsEach: number;
}

/** The first Service: its slice changes last in a series of events, and in no other place of it. */
export const MARKER = 0;

/** `namespace/name` of the Service of this number. */
export const serviceKey = (index: number): string => `${namespaceOf(index)}/${nameOf(index)}`;

/** The reverse of `clusterIP`. */
export const indexOfAddress = (address: string): number => {
  const [, , high = 0, low = 0] = address.split('.').map(Number);
  return high * 256 + low - FIRST_ADDRESS;
};

/** The API server's own Service has the first address of the range. */
const FIRST_ADDRESS = 10;
const clusterIP = (index: number): string => `10.96.${lowBytes(FIRST_ADDRESS + index)}`;
const lowBytes = (number: number): string => `${number >> 8}.${number & 255}`;
const podIP = (number: number): string => `10.${128 + (number >> 16)}.${lowBytes(number & 65_535)}`;

const namespaceOf = (index: number): string => `team-${index % NAMESPACES}`;
const nameOf = (index: number): string => `app-${index}-service`;
const sliceName = (index: number): string =>
  `${nameOf(index)}-${((index * 7919) % 99_991).toString(36).padStart(5, 'x')}`;

/** The same text leads to the same uid in each run. */
function uid(text: string): string {
  const hash = createHash('sha256').update(text).digest('hex');
  return [hash.slice(0, 8), hash.slice(8, 12), hash.slice(12, 16), hash.slice(16, 20), hash.slice(20, 32)].join('-');
}

const labelsOf = (index: number) => ({
  'app.kubernetes.io/component': 'web',
  'app.kubernetes.io/instance': `app-${index}`,
  'app.kubernetes.io/managed-by': 'Helm',
  'app.kubernetes.io/name': `app-${index}`,
  'app.kubernetes.io/version': `1.2.${index % 30}`,
  'helm.sh/chart': `app-1.2.${index % 30}`,
});

/** A Service as a chart makes it and the API server keeps it, without apiVersion and kind: as an item of a list. */
export const serviceObject = (index: number, resourceVersion: number): object => ({
  metadata: {
    name: nameOf(index),
    namespace: namespaceOf(index),
    uid: uid(`service ${index}`),
    resourceVersion: String(resourceVersion),
    creationTimestamp: CREATED,
    labels: labelsOf(index),
    annotations: {
      'meta.helm.sh/release-name': `app-${index}`,
      'meta.helm.sh/release-namespace': namespaceOf(index),
      'prometheus.io/path': '/metrics',
      'prometheus.io/port': '8080',
      'prometheus.io/scrape': 'true',
    },
    managedFields: [managed('helm', 'v1', SERVICE_FIELDS)],
  },
  spec: {
    ports: [{ name: 'http', protocol: 'TCP', port: SERVICE_PORT, targetPort: 8080 }],
    selector: { 'app.kubernetes.io/instance': `app-${index}`, 'app.kubernetes.io/name': `app-${index}` },
    clusterIP: clusterIP(index),
    clusterIPs: [clusterIP(index)],
    type: 'ClusterIP',
    sessionAffinity: 'None',
    ipFamilies: ['IPv4'],
    ipFamilyPolicy: 'SingleStack',
    internalTrafficPolicy: 'Cluster',
  },
  status: { loadBalancer: {} },
});

/** How the slice of a Service stands. */
export interface SliceState {
  readonly resourceVersion: number;
  /** The one endpoint that is not ready; undefined where all are. */
  readonly unready: number | undefined;
}

/** The EndpointSlice of a Service as the controller makes it, without apiVersion and kind. */
export const sliceObject = (index: number, endpoints: number, { resourceVersion, unready }: SliceState): object => ({
  metadata: {
    name: sliceName(index),
    generateName: `${nameOf(index)}-`,
    namespace: namespaceOf(index),
    uid: uid(`slice ${index}`),
    resourceVersion: String(resourceVersion),
    generation: 3,
    creationTimestamp: CREATED,
    labels: {
      ...labelsOf(index),
      'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      'kubernetes.io/service-name': nameOf(index),
    },
    annotations: { 'endpoints.kubernetes.io/last-change-trigger-time': CREATED },
    ownerReferences: [
      {
        apiVersion: 'v1',
        kind: 'Service',
        name: nameOf(index),
        uid: uid(`service ${index}`),
        controller: true,
        blockOwnerDeletion: true,
      },
    ],
    managedFields: [managed('kube-controller-manager', 'discovery.k8s.io/v1', sliceFields(index))],
  },
  addressType: 'IPv4',
  endpoints: Array.from({ length: endpoints }, (_, number) =>
    endpoint(index, index * endpoints + number, number !== unready),
  ),
  ports: [{ name: 'http', protocol: 'TCP', port: 8080 }],
});

const endpoint = (index: number, pod: number, ready: boolean) => ({
  addresses: [podIP(pod)],
  conditions: { ready, serving: ready, terminating: false },
  nodeName: `worker-${pod % WORKERS}.dc1.example.internal`,
  targetRef: {
    kind: 'Pod',
    namespace: namespaceOf(index),
    name: `app-${index}-6d4cf56db6-${pod.toString(36).padStart(5, 'x')}`,
    uid: uid(`pod ${pod}`),
  },
  zone: `dc1-${pod % 3}`,
});

const managed = (manager: string, apiVersion: string, fieldsV1: object) => ({
  manager,
  operation: 'Update',
  apiVersion,
  time: CREATED,
  fieldsType: 'FieldsV1',
  fieldsV1,
});

const LABEL_FIELDS = Object.fromEntries(
  ['.', ...Object.keys(labelsOf(0)).map((key) => `f:${key}`)].map((key) => [key, {}]),
);

const SERVICE_FIELDS = {
  'f:metadata': {
    'f:annotations': {
      '.': {},
      'f:meta.helm.sh/release-name': {},
      'f:meta.helm.sh/release-namespace': {},
      'f:prometheus.io/path': {},
      'f:prometheus.io/port': {},
      'f:prometheus.io/scrape': {},
    },
    'f:labels': LABEL_FIELDS,
  },
  'f:spec': {
    'f:internalTrafficPolicy': {},
    'f:ports': {
      '.': {},
      'k:{"port":80,"protocol":"TCP"}': { '.': {}, 'f:name': {}, 'f:port': {}, 'f:protocol': {}, 'f:targetPort': {} },
    },
    'f:selector': {},
    'f:sessionAffinity': {},
    'f:type': {},
  },
};

const sliceFields = (index: number) => ({
  'f:addressType': {},
  'f:endpoints': {},
  'f:metadata': {
    'f:annotations': { '.': {}, 'f:endpoints.kubernetes.io/last-change-trigger-time': {} },
    'f:generateName': {},
    'f:labels': { ...LABEL_FIELDS, 'f:endpointslice.kubernetes.io/managed-by': {}, 'f:kubernetes.io/service-name': {} },
    'f:ownerReferences': { '.': {}, [`k:{"uid":"${uid(`service ${index}`)}"}`]: {} },
  },
  'f:ports': {},
});

/** The Node that asks. */
export const nodeObject = (): object => ({
  metadata: {
    name: NODE,
    uid: uid(NODE),
    resourceVersion: '1',
    creationTimestamp: CREATED,
    labels: { 'kubernetes.io/hostname': NODE, role: 'lb', 'topology.kubernetes.io/zone': 'dc1-0' },
  },
  spec: {},
  status: { conditions: [{ type: 'Ready', status: 'True' }] },
});
