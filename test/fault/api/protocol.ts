import type { ApiObject } from '../../scenario/api-objects.ts';

/** Where the agents of the fault lab find their API server: node `fab`, on the cluster network. */
export const API = { host: '10.1.0.1', port: 6443 } as const;

/** What the host asks of the API server, a line of JSON each. */
export type Order =
  | { readonly op: 'put' | 'delete'; readonly object: ApiObject }
  /** `down` resets every connection and refuses new ones, as a killed server does; what etcd would keep is kept. */
  | { readonly op: 'up' | 'down' };
