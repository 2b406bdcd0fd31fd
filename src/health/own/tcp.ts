import { connect } from 'node:net';
import type { CheckTarget } from '../../model/own-check.ts';
import type { Finding } from '../check.ts';
import { ofConnection, tooSlow } from './outcome.ts';

/** Opens a connection and closes it at once. */
export const runTcp = (
  { address, port }: CheckTarget & { kind: 'tcp' },
  end: AbortSignal,
  timeoutMs: number,
): Promise<Finding> =>
  new Promise((resolve) => {
    const client = connect({ host: address, port });
    const finish = (finding: Finding): void => {
      end.removeEventListener('abort', stop);
      client.destroy();
      resolve(finding);
    };
    const stop = (): void => finish(tooSlow(timeoutMs));
    end.addEventListener('abort', stop);
    client.once('connect', () => finish({ ok: true, detail: 'connected' }));
    client.on('error', (error) => finish(ofConnection(error)));
  });
