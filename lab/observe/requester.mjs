/**
 * A client: opens a new connection at a steady rate, asks for /, and tells how each request went.
 * Usage: requester.mjs ADDRESS[,ADDRESS...] PORT REQUESTS_PER_SECOND TIMEOUT_MS; several addresses take turns
 * Prints a JSON array of [started at (ms since the epoch), took (ms), answer or null, error or null, address] now and then.
 * Plain JavaScript on bare sockets: in user-mode Linux every system call counts.
 */
import { connect } from 'node:net';

const TELL_EVERY_MS = 250;
const [addresses, port, rate, timeoutMs] = process.argv.slice(2);
const turns = addresses.split(',');
let asked = 0;
let done = [];

function ask() {
  const address = turns[asked++ % turns.length];
  const at = Date.now();
  const socket = connect({ host: address, port: Number(port) });
  let answer = '';
  let error = null;
  const timer = setTimeout(() => socket.destroy(new Error('timed out')), Number(timeoutMs));
  socket.on('connect', () => socket.write('GET / HTTP/1.0\r\n\r\n'));
  socket.on('data', (part) => (answer += part));
  socket.on('error', (cause) => (error = cause.code ?? cause.message));
  socket.on('close', () => {
    clearTimeout(timer);
    const body = answer.split('\r\n\r\n')[1]?.trim() || null;
    done.push([at, Date.now() - at, error ? null : body, error ?? (body ? null : 'no answer'), address]);
  });
}

setInterval(ask, 1000 / Number(rate));
setInterval(() => {
  if (done.length > 0) process.stdout.write(`${JSON.stringify(done)}\n`);
  done = [];
}, TELL_EVERY_MS);
