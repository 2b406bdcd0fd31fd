import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import type { Status } from '../model/status.ts';
import { renderPage, viewOf } from './page/page.ts';
import { SCRIPT } from './page/script.ts';
import { STYLE } from './page/style.ts';

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;

/** Its own script and style, its own stream, and nothing else: markup that got into the page could do nothing. */
const POLICY = [
  "default-src 'none'",
  `script-src ${hashOf(SCRIPT)}`,
  `style-src ${hashOf(STYLE)}`,
  "connect-src 'self'",
  'img-src data:',
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Answers `GET /`: the status page. */
export function answerPage(response: ServerResponse, status: Status, query: URLSearchParams): void {
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  response.writeHead(200, headers).end(renderPage(status, viewOf(query)));
}
