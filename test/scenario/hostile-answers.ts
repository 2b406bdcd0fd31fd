import type { ServerResponse } from 'node:http';
import { gzipSync } from 'node:zlib';
import type { ApiServer } from './api-server.ts';
import type { Tricks } from './api-tricks.ts';
import { closing, dripping, ending, ragged, resetting, stalling } from './hostile-delivery.ts';

/** By the name of what a server does: how it does that, to any number of requests, until it is taken away. */
export type Behaviours = Readonly<Record<string, (server: ApiServer) => Tricks>>;

const PAGE = '<!DOCTYPE html><html><body><h1>Please log in</h1></body></html>';

type Headers = Readonly<Record<string, string>>;

const answers =
  (status: number, body: string, headers: Headers = {}) =>
  (): Tricks => ({
    request(_url, response) {
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
      return true;
    },
  });

const refuses = (code: number, reason: string, headers: Headers = {}) =>
  answers(
    code,
    JSON.stringify({ kind: 'Status', apiVersion: 'v1', status: 'Failure', reason, message: reason, code }),
    headers,
  );

/** Does something to the connection in place of an answer. */
const breaks = (act: (response: ServerResponse) => void) => (): Tricks => ({
  request(_url, response) {
    act(response);
    return true;
  },
});

const delivers = (deliver: NonNullable<Tricks['deliver']>) => (): Tricks => ({ deliver });

/** What may come for any request. */
export const ANSWERS: Behaviours = {
  '500 to everything': refuses(500, 'etcdserver: request timed out'),
  '503 to everything': refuses(503, 'the server is currently unable to handle the request'),
  '429 with a Retry-After that is no number': refuses(429, 'TooManyRequests', { 'retry-after': 'soon' }),
  '429 with a Retry-After that is negative': refuses(429, 'TooManyRequests', { 'retry-after': '-1' }),
  '429 with a Retry-After that is a date': refuses(429, 'x', { 'retry-after': 'Wed, 21 Oct 2015 07:28:00 GMT' }),
  '401 in the middle': refuses(401, 'Unauthorized'),
  '403 in the middle': refuses(403, 'Forbidden'),
  '404 to everything': refuses(404, 'NotFound'),
  '410 to everything': refuses(410, 'Expired'),
  '422 to everything': refuses(422, 'Invalid'),
  'a redirect to itself': answers(302, '', { location: '/api/v1/services' }),
  'a page of a proxy, with 502': answers(502, PAGE, { 'content-type': 'text/html' }),
  'a page of a proxy, with 200': answers(200, PAGE, { 'content-type': 'text/html' }),
  'nothing at all, with 200': answers(200, ''),
  'nothing at all, with 204': answers(204, ''),
  'a Status in place of a list, with 200': answers(
    200,
    '{"kind":"Status","metadata":{},"status":"Failure","code":500}\n',
  ),
  'an answer that is no HTTP': breaks(({ socket }) => socket?.end('SSH-2.0-OpenSSH_9.2\r\n')),
  'a reset before the headers': breaks(({ socket }) => socket?.resetAndDestroy()),
  'a reset inside of the headers': breaks(({ socket }) => {
    socket?.write('HTTP/1.1 200 OK\r\nContent-Ty', () => socket.resetAndDestroy());
  }),
  'an end before the headers': breaks(({ socket }) => socket?.end()),
  'a stall before the headers': breaks(() => {}),
  'a stall behind the headers': breaks((response) => response.writeHead(200).flushHeaders()),
};

/** What may happen to the bytes of any answer. */
export const DELIVERIES: Behaviours = {
  'bytes that drip': delivers(dripping),
  'a stall in the middle': delivers(stalling),
  'a reset in the middle': delivers(resetting),
  'a connection that is closed in the middle': delivers(closing),
  'an answer that ends in the middle': delivers(ending),
  'pieces of a byte': delivers(ragged),
  'compression that nobody asked for': () => ({
    headers: { 'content-encoding': 'gzip' },
    deliver: async (response, bytes) => void response.write(gzipSync(bytes)),
  }),
};
