import { explain } from '../../model/error.ts';
import type { Finding } from '../check.ts';

/** errno(3) and getaddrinfo(3): this node could not ask, so that nothing is known of the one that was to be asked. */
const OWN_FAULTS: ReadonlySet<string> = new Set([
  'EMFILE',
  'ENFILE',
  'ENOBUFS',
  'ENOMEM',
  'EADDRNOTAVAIL',
  'EAFNOSUPPORT',
  'ENOTFOUND',
  'EAI_AGAIN',
]);

/** What an error that ended a connection tells: of the other side, as a rule. */
export const ofConnection = (error: NodeJS.ErrnoException): Finding =>
  error.code !== undefined && OWN_FAULTS.has(error.code)
    ? { broken: explain(error) }
    : { ok: false, detail: explain(error) };

/** What a check comes to that did not end in time. */
export const tooSlow = (timeoutMs: number): Finding => ({ ok: false, detail: `no answer within ${timeoutMs} ms` });
