/**
 * Opens connections on request, from inside a node of the lab: one process for a whole test file, since starting one
 * for each connection would take longer than all the connections together.
 * stdin: {"id", "address", "port", "path"?, "timeoutMs"?}; stdout: {"id", "outcome", "answer"?, "tookMs"} a line.
 * With a path it asks for it by HTTP and answers with the body; without, it only connects.
 */
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

createInterface({ input: process.stdin }).on('line', (line) => ask(JSON.parse(line)));
process.stdout.write('{"id":0}\n');

function ask({ id, address, port, path, timeoutMs = 2000 }) {
  const begin = performance.now();
  const socket = connect({ host: address, port });
  let answer = '';
  let outcome = 'closed';
  const timer = setTimeout(() => socket.destroy(Object.assign(new Error(), { code: 'timed-out' })), timeoutMs);
  socket.on('connect', () => {
    outcome = 'connected';
    if (path) socket.write(`GET ${path} HTTP/1.0\r\n\r\n`);
    else socket.destroy();
  });
  socket.on('data', (part) => (answer += part));
  socket.on('error', (error) => (outcome = error.code === 'ECONNREFUSED' ? 'refused' : error.code));
  socket.on('close', () => {
    clearTimeout(timer);
    const body = answer.split('\r\n\r\n')[1]?.trim();
    process.stdout.write(
      `${JSON.stringify({ id, outcome, answer: body, tookMs: Math.round(performance.now() - begin) })}\n`,
    );
  });
}
