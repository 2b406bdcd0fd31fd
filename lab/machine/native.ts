import { join } from 'node:path';
import type { Invocation } from './machine.ts';
import { CHECKOUT } from './place.ts';

/**
 * How to run a lab machine on the kernel of the host, in mount, network and process namespaces of its own; the channel
 * is fd 3 to read and fd 4 to write. With the death of the outer process, all in the process namespace are killed.
 */
export function nativeInvocation(payload: string): Invocation {
  const namespaces = ['--mount', '--propagation', 'private', '--net', '--pid', '--fork', '--kill-child'];
  return {
    argv: ['unshare', ...namespaces, '/bin/sh', join(CHECKOUT, 'lab/guest/init.sh')],
    env: { LAB: payload },
    duplex: false,
    folder: undefined,
  };
}
