/**
 * A pod of the lab: an HTTP server on port 8080, over IPv4 and IPv6, that says who answers and who asks, as
 * `pod1 10.1.0.11`.
 *   /                  one line, then the connection is closed
 *   /stream?seconds=N  a long transfer: such a line every 100 ms for N seconds, numbered; &every=MS for another pace
 * To a datagram on the same port it answers with such a line and what it was sent.
 * Plain JavaScript, so that any Node runs it as it is.
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import { setInterval as every } from 'node:timers/promises';

const LINE_EVERY_MS = 100;
const name = process.env.POD_NAME ?? 'pod';

const server = createServer((request, response) => {
  const url = new URL(request.url, 'http://pod');
  const line = `${name} ${request.socket.remoteAddress.replace('::ffff:', '')}`;
  // One connection for one request, so that a client that asks again is balanced again.
  response.writeHead(200, { 'content-type': 'text/plain', connection: 'close' });
  if (url.pathname === '/stream') void stream(response, line, url.searchParams);
  else response.end(`${line}\n`);
});

async function stream(response, line, asked) {
  const pace = Number(asked.get('every') ?? LINE_EVERY_MS);
  const lines = (Number(asked.get('seconds') ?? 10) * 1000) / pace;
  let count = 0;
  for await (const _ of every(pace)) {
    if (response.destroyed) return;
    response.write(`${++count} ${line}\n`);
    if (count >= lines) break;
  }
  response.end();
}

server.listen(8080, '::');

const datagrams = createSocket('udp6').on('message', (message, { address, port }) => {
  datagrams.send(`${name} ${address.replace('::ffff:', '')} ${message.toString()}`, port, address);
});
datagrams.bind(8080, '::');
