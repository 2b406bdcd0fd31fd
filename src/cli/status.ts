import { request } from 'node:http';
import { FairleadError } from '../model/error.ts';
import type { Status } from '../model/status.ts';
import type { ExitCode } from './main.ts';
import { renderStatus } from './render.ts';

const TIMEOUT_MS = 5000;

/** `fairlead status`: asks the agent of this node. Exit code 1 where the node does not announce in full. Throws `agent-unreachable`. */
export async function status(socketPath: string, json: boolean): Promise<ExitCode> {
  const text = await get(socketPath, '/status');
  const value = parse(text, socketPath);
  process.stdout.write(json ? text : renderStatus(value, process.stdout.isTTY));
  return value.announcement.state === 'announced' ? 0 : 1;
}

function parse(text: string, socketPath: string): Status {
  try {
    return JSON.parse(text) as Status;
  } catch (cause) {
    throw new FairleadError('agent-unreachable', `what answers on ${socketPath} is no agent`, { cause });
  }
}

function get(socketPath: string, path: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown): void =>
      reject(
        new FairleadError('agent-unreachable', `the agent does not answer on ${socketPath}`, {
          cause,
          hint: 'is `fairlead run` running on this node, and is --socket the http.socket of its configuration?',
        }),
      );
    const call = request({ socketPath, path, timeout: TIMEOUT_MS }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part)).on('error', fail);
      response.on('end', () => resolve(Buffer.concat(parts).toString()));
    });
    call.on('timeout', () => call.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    call.on('error', fail).end();
  });
}
