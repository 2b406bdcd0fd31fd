import { WEB } from '../../lab/observe/traffic.ts';
import { type ApiObject, endpointSlice, service } from '../scenario/api-objects.ts';
import { API } from './api/protocol.ts';

export const LBS = ['lb1', 'lb2', 'lb3'] as const;
export type Lb = (typeof LBS)[number];

interface LbFacts {
  /** The node's address towards the tor, and the tor's. */
  readonly uplink: string;
  readonly tor: string;
  /** The tor's interface to it, and the tor's IPv6 address there. */
  readonly port: string;
  readonly tor6: string;
  /** A Service that the tor sends this way whatever is announced. */
  readonly direct: string;
  /** The node of its gobgpd. */
  readonly gobgp: string;
}

export const FACTS: Readonly<Record<Lb, LbFacts>> = {
  lb1: facts(1, '10.0.2.6', '10.0.2.5'),
  lb2: facts(2, '10.0.2.10', '10.0.2.9'),
  lb3: facts(3, '10.0.2.14', '10.0.2.13'),
};

function facts(number: number, uplink: string, tor: string): LbFacts {
  const shared = { uplink, tor, direct: `10.99.66.1${number}`, gobgp: `gobgp${number}` };
  return { ...shared, port: `eth${number + 1}`, tor6: `fd00:2:${number}::1/64` };
}

/** After how long the sidecar steps in for an agent that has crashed: the default. */
export const CRASH_GRACE_MS = 15_000;
/**
 * The same for one that hangs. The default is 3 s; an emulated machine with other work holds the loop of an agent that starts up for
 * longer than that.
 */
export const HANG_GRACE_MS = 5000;

export const MAX_HOLD_DOWN_MS = 20_000;

/** Everything in the cluster at the start: the Service `web`, one more for each lb node, and the Nodes. */
export const clusterObjects = (): ApiObject[] => [
  dualStack(service('web', WEB)),
  ...webSlices(PODS),
  ...LBS.flatMap((lb) => [service(`by-${lb}`, FACTS[lb].direct), endpointSlice(`by-${lb}`, PODS)]),
  ...LBS.map((lb) => nodeObject(lb)),
];

export const PODS = ['10.1.0.101', '10.1.0.102'];

function dualStack(one: ApiObject): ApiObject {
  const clusterIPs = [WEB, 'fd99:66::10'];
  return { ...one, spec: { ...(one['spec'] as object), clusterIPs, ipFamilyPolicy: 'PreferDualStack' } };
}

/** The EndpointSlices of `web`, one for each family. */
export function webSlices(addresses: readonly string[]): ApiObject[] {
  const inIPv6 = endpointSlice(
    'web',
    addresses.map((address) => address.replace('10.1.0.', 'fd00:10::')),
  );
  return [
    endpointSlice('web', addresses),
    { ...inIPv6, metadata: { ...inIPv6.metadata, name: 'web-x2' }, addressType: 'IPv6' },
  ];
}

/** The Node of an lb node. */
export const nodeObject = (name: Lb, spec: object = {}, annotations: object = {}): ApiObject => ({
  apiVersion: 'v1',
  kind: 'Node',
  metadata: { name, labels: { role: 'lb' }, annotations },
  spec,
});

/** What the agents log in to the API server with. */
export const kubeconfig = (): string =>
  JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'lab',
    clusters: [
      { name: 'lab', cluster: { server: `http://${API.host}:${API.port}`, 'insecure-skip-tls-verify': true } },
    ],
    users: [{ name: 'lab', user: { token: 'secret' } }],
    contexts: [{ name: 'lab', context: { cluster: 'lab', user: 'lab' } }],
  });

/** Where an agent reads its configuration. */
export const CONFIG = '/etc/fairlead/config.yaml';

/**
 * The configuration of an agent of the fault lab: every default but for times that would only make the table slow. The
 * hold-down is short, since each row waits for the node to be back, and a switch is given up after 3 s.
 */
export const agentConfig = (lb: Lb, bfd: '' | ', bfd: 300x3' = ''): string => `apiVersion: fairlead.io/v1alpha1
kind: FairleadConfig
source: { kubernetes: { kubeconfig: /etc/fairlead/kubeconfig } }
ranges: [10.99.66.0/23, 'fd99:66::/112']
announcement: { holdDown: 1s, maxHoldDown: ${MAX_HOLD_DOWN_MS / 1000}s, communities: ['64512:100'], med: 50 }
deadman: { hang: { deprioritise: ${HANG_GRACE_MS / 1000}s } }
bgp:
  gobgp: unix:///run/gobgp/gobgp.sock
  localAs: 64512
  routerId: ${FACTS[lb].uplink}
  peers:
    - { address: ${FACTS[lb].tor}, as: 64500, holdTime: 3s${bfd} }
`;
