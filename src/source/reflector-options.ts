import type { Logger } from 'pino';
import type { ApiClient, Query } from './api-client.ts';
import type { ObjectStore } from './object-store.ts';
import type { Pace } from './reflector-step.ts';

/** What a reflector follows, with what, and for whom. */
export interface ReflectorOptions {
  /** For log lines and messages: `services`. */
  readonly resource: string;
  readonly path: string;
  /** Which objects of it: `labelSelector`, `fieldSelector`. */
  readonly selector: Query;
  readonly client: ApiClient;
  readonly store: Pick<ObjectStore<unknown>, 'delete' | 'forgetVersions' | 'put' | 'retain' | 'size'>;
  readonly log: Logger;
  readonly onChange: () => void;
  readonly pace?: Pace;
  readonly now?: () => number;
  readonly random?: () => number;
}
