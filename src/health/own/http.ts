import { get as getHttp, type IncomingMessage } from 'node:http';
import { get as getHttps } from 'node:https';
import type { CheckTarget } from '../../model/own-check.ts';
import type { Finding } from '../check.ts';
import { ofConnection, tooSlow } from './outcome.ts';

/**
 * Asks once over a connection of its own, and reads no body. A certificate is verified: one that is not good for the
 * name is a bad outcome.
 */
export const runHttp = (
  { least, most, url }: CheckTarget & { kind: 'http' },
  end: AbortSignal,
  timeoutMs: number,
): Promise<Finding> =>
  new Promise((resolve) => {
    const get = url.startsWith('https:') ? getHttps : getHttp;
    const request = get(url, { agent: false, headers: { 'user-agent': 'fairlead' } });
    const finish = (finding: Finding): void => {
      end.removeEventListener('abort', stop);
      request.destroy();
      resolve(finding);
    };
    const stop = (): void => finish(tooSlow(timeoutMs));
    end.addEventListener('abort', stop);
    request.once('response', (answer) => finish(judgeAnswer(answer, least, most)));
    request.on('error', (error) => finish(ofConnection(error)));
  });

function judgeAnswer({ statusCode = 0 }: IncomingMessage, least: number, most: number): Finding {
  if (statusCode >= least && statusCode <= most) return { ok: true, detail: `status ${statusCode}` };
  return { ok: false, detail: `expected a status from ${least} to ${most}, found ${statusCode}` };
}
