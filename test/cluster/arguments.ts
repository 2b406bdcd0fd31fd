import { join } from 'node:path';
import { FILES } from './files.ts';

/** Where etcd keeps its data, and listens. */
export interface EtcdPlace {
  readonly folder: string;
  readonly address: string;
  /** For clients and for peers, of which there are none. */
  readonly ports: readonly [number, number];
}

/** Where an API server has its files, and listens. */
export interface ApiServerPlace {
  /** What `writeApiServerFiles` has written into, and what the server writes its certificate and its audit log into. */
  readonly folder: string;
  readonly address: string;
  readonly port: number;
  readonly etcd: EtcdPlace;
  /** `WatchList` off is what Kubernetes 1.33 does without being told. */
  readonly gates?: Readonly<Record<string, boolean>>;
}

/** What `--service-cluster-ip-range` is in every cluster of the tests. */
const SERVICE_RANGES = ['10.99.66.0/23', 'fd99:66::/112'] as const;

export const etcdUrl = ({ address, ports: [port] }: EtcdPlace): string => `http://${address}:${port}`;

/** etcd that forgets its data when the machine goes down, and is fast for it. */
export function etcdArguments(place: EtcdPlace): string[] {
  const clients = etcdUrl(place);
  const peers = `http://${place.address}:${place.ports[1]}`;
  return [
    `--data-dir=${join(place.folder, 'etcd')}`,
    `--listen-client-urls=${clients}`,
    `--advertise-client-urls=${clients}`,
    `--listen-peer-urls=${peers}`,
    `--initial-advertise-peer-urls=${peers}`,
    `--initial-cluster=default=${peers}`,
    '--unsafe-no-fsync',
    '--log-level=warn',
  ];
}

/**
 * An API server with RBAC. It makes its own certificate, for its address, and writes a line into its audit log before
 * it answers. Nobody reads the endpoints of the Service `kubernetes`, and an address of a loopback may not be one.
 */
export function apiServerArguments({ address, etcd, folder, gates = {}, port }: ApiServerPlace): string[] {
  const wishes = Object.entries(gates).map(([gate, on]) => `${gate}=${on}`);
  const at = (file: string): string => join(folder, file);
  return [
    `--etcd-servers=${etcdUrl(etcd)}`,
    `--bind-address=${address}`,
    `--secure-port=${port}`,
    '--endpoint-reconciler-type=none',
    '--allow-privileged=true',
    `--cert-dir=${folder}`,
    `--service-cluster-ip-range=${SERVICE_RANGES.join(',')}`,
    '--service-account-issuer=https://kubernetes.default.svc',
    `--service-account-key-file=${at(FILES.accountKey)}`,
    `--service-account-signing-key-file=${at(FILES.accountKey)}`,
    '--authorization-mode=RBAC',
    `--token-auth-file=${at(FILES.tokens)}`,
    `--audit-policy-file=${at(FILES.auditPolicy)}`,
    `--audit-log-path=${at(FILES.auditLog)}`,
    '--profiling=false',
    ...(wishes.length > 0 ? [`--feature-gates=${wishes.join(',')}`] : []),
  ];
}
