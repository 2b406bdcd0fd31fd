import type http from 'node:http';
import { isObject, textAt } from './json.ts';

/** An answer other than 200. */
export class ApiRefusal extends Error {
  readonly status: number;
  readonly retryAfterMs: number;

  constructor(status: number, message: string, retryAfterMs: number) {
    super(message);
    this.status = status;
    this.retryAfterMs = retryAfterMs;
  }
}

const LONGEST_MESSAGE_BYTES = 65_536;

/** The message of the metav1.Status that comes with a refusal. */
export async function refusalOf(response: http.IncomingMessage, body: AsyncIterable<Uint8Array>): Promise<ApiRefusal> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > LONGEST_MESSAGE_BYTES) break;
  }
  const message = messageOf(Buffer.concat(chunks).toString('utf8')) ?? response.statusMessage ?? '';
  const seconds = Number(response.headers['retry-after'] ?? 0);
  const status = response.statusCode ?? 0;
  return new ApiRefusal(status, `HTTP ${status}: ${message}`, seconds > 0 ? seconds * 1000 : 0);
}

function messageOf(text: string): string | undefined {
  try {
    const status: unknown = JSON.parse(text);
    return isObject(status) ? textAt(status, 'message') : undefined;
  } catch {
    return undefined;
  }
}
