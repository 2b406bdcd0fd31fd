import type { ServerResponse } from 'node:http';

/** Answers with a line of text. */
export const plain = (response: ServerResponse, code: number, text: string): void =>
  send(response, code, 'text/plain', `${text}\n`);

/** Answers with a body of that content type. */
export function send(response: ServerResponse, code: number, type: string, body: string): void {
  response.writeHead(code, { 'content-type': type }).end(body);
}
