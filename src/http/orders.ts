import type { IncomingMessage, ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Drain } from '../model/drain.ts';
import { explain } from '../model/error.ts';

/** What may be ordered of the agent. Each order may be given again; the first two return the drain that then stands, if any. */
export interface Orders {
  /** @param timeoutMs undefined for the configured time */
  drain(timeoutMs: number | undefined, untilExit: boolean): Drain | undefined;
  undrain(): Drain | undefined;
  /**
   * That its next end leaves all as it is to the next agent.
   *
   * @param withinMs how long that stands; 0 calls it off
   * @returns until when, in milliseconds since the epoch; undefined where it does not stand
   */
  handOver(withinMs: number): number | undefined;
}

export const ORDER_PATHS: ReadonlySet<string> = new Set(['/drain', '/undrain', '/handover']);

const DAY_MS = 86_400_000;
const MAX_BYTES = 1024;

const drainOrder = z.strictObject({
  timeoutMs: z.int().min(0).max(DAY_MS).optional(),
  untilExit: z.boolean().default(false),
});
const undrainOrder = z.strictObject({});
const handOverOrder = z.strictObject({ withinMs: z.int().min(0).max(DAY_MS) });

/**
 * Answers `POST /drain` and `POST /undrain`, whose body is empty or a JSON object, with `{"drain": ...}`: null where
 * nothing asks for one any more; and `POST /handover` with `{"handOverUntil": ...}`. What is refused changes nothing and is answered with `{"error": ...}`.
 *
 * @param orders undefined where none are taken
 */
export async function answerOrder(
  orders: Orders | undefined,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (orders === undefined) return refuse(response, 403, 'orders are taken on the unix socket of the agent alone');
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return refuse(response, 405, `expected POST, found ${request.method}`);
  }
  try {
    const body = await read(request);
    send(response, 200, obey(orders, path, body));
  } catch (error) {
    refuse(response, 400, error instanceof z.ZodError ? wrongKeys(error) : explain(error));
  }
}

function obey(orders: Orders, path: string, body: unknown): object {
  if (path === '/handover') return { handOverUntil: orders.handOver(handOverOrder.parse(body).withinMs) ?? null };
  if (path === '/undrain') {
    undrainOrder.parse(body);
    return { drain: orders.undrain() ?? null };
  }
  const { timeoutMs, untilExit } = drainOrder.parse(body);
  return { drain: orders.drain(timeoutMs, untilExit) ?? null };
}

async function read(request: IncomingMessage): Promise<unknown> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > MAX_BYTES) throw new RangeError(`expected at most ${MAX_BYTES} bytes of JSON`);
    parts.push(part);
  }
  if (length === 0) return {};
  const type = request.headers['content-type']?.split(';')[0];
  if (type !== 'application/json') throw new TypeError(`expected application/json, found ${type ?? 'no content-type'}`);
  return JSON.parse(Buffer.concat(parts).toString('utf8')) as unknown;
}

const wrongKeys = ({ issues }: z.ZodError): string =>
  issues.map(({ message, path }) => `${path.join('.') || 'body'}: ${message}`).join('; ');

const refuse = (response: ServerResponse, code: number, error: string): void => send(response, code, { error });

function send(response: ServerResponse, code: number, body: object): void {
  response.writeHead(code, { 'content-type': 'application/json' }).end(`${JSON.stringify(body)}\n`);
}
