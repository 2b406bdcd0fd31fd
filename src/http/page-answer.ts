import { createHash } from 'node:crypto';
import type { ServerResponse } from 'node:http';
import { look, type Sources } from './look.ts';
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
export async function answerPage(response: ServerResponse, sources: Sources, query: URLSearchParams): Promise<void> {
  const view = viewOf(query);
  const page = renderPage(await look(sources, view), view);
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'cache-control': 'no-store',
  };
  response.writeHead(200, headers).end(page);
}
