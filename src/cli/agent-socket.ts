import { request } from 'node:http';
import { FairleadError } from '../model/error.ts';
import type { Explanation } from '../model/explain/explanation.ts';
import type { Status } from '../model/status.ts';
import type { Traffic } from '../model/traffic.ts';

const TIMEOUT_MS = 5000;

/** The status of the agent that listens there, and the text it came as. Throws `agent-unreachable`. */
export async function askStatus(socketPath: string): Promise<{ readonly status: Status; readonly text: string }> {
  const { text } = await ask(socketPath, '/status');
  return { status: parse(text, socketPath) as Status, text };
}

/** What passes through that agent's node. An agent of an earlier version does not tell. Throws `agent-unreachable`. */
export async function askTraffic(socketPath: string): Promise<Traffic> {
  const { code, text } = await ask(socketPath, '/traffic');
  if (code !== 200) return { known: false, why: `the agent answers ${code}` };
  return parse(text, socketPath) as Traffic;
}

/** Why a Service is served by that node or why not. Throws `agent-unreachable`. */
export async function askExplanation(socketPath: string, service: string): Promise<Explanation> {
  const { code, text } = await ask(socketPath, `/explain?service=${encodeURIComponent(service)}`);
  if (code === 200) return parse(text, socketPath) as Explanation;
  throw new FairleadError('agent-unreachable', `the agent answers ${code}: ${text.trim()}`, {
    hint: 'is the agent of the same version as this command, and are its ranges known?',
  });
}

/** What the agent answers to an order that it has taken. Throws `agent-unreachable`, and `order-refused`. */
export async function giveOrder(socketPath: string, path: string, order: object): Promise<unknown> {
  const { code, text } = await ask(socketPath, path, JSON.stringify(order));
  if (code === 200) return parse(text, socketPath);
  throw new FairleadError('order-refused', `the agent answers ${code}: ${text.trim()}`, {
    hint: 'is the agent of the same version as this command?',
  });
}

function parse(text: string, socketPath: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FairleadError('agent-unreachable', `what answers on ${socketPath} is no agent`, { cause });
  }
}

interface Answer {
  readonly code: number | undefined;
  readonly text: string;
}

function ask(socketPath: string, path: string, body?: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(
        new FairleadError('agent-unreachable', `the agent does not answer on ${socketPath}`, {
          cause,
          hint: 'is `fairlead run` running on this node, and is --socket the http.socket of its configuration?',
        }),
      );
    const method = body === undefined ? 'GET' : 'POST';
    const headers = body === undefined ? {} : { 'content-type': 'application/json' };
    const call = request({ socketPath, path, method, headers, timeout: TIMEOUT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('error', fail);
      response.on('end', () => resolve({ code: response.statusCode, text: Buffer.concat(parts).toString() }));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    call.on('error', fail).end(body);
  });
}
