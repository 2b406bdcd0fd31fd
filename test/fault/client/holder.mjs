/**
 * Holds long-lived connections: each asks for a stream that goes on for hours, and is opened anew when it breaks.
 * Usage: holder.mjs ADDRESS PORT COUNT
 * Prints a JSON line `[what, id, at (ms since the epoch), text]`: `open` with the first line of the stream, `lost` with how
 * it broke. A connection that is silent for SILENCE_MS counts as lost: a pod sends a line every half second.
 */
import { connect } from 'node:net';

const SILENCE_MS = 3000;
const RETRY_MS = 500;
const [host, port, count] = process.argv.slice(2);
const tell = (...line) => process.stdout.write(`${JSON.stringify(line)}\n`);

function hold(id) {
  const socket = connect({ host, port: Number(port) });
  let heard = '';
  let open = false;
  let error;
  socket.setTimeout(SILENCE_MS, () => socket.destroy(new Error('silent')));
  socket.on('connect', () => socket.write('GET /stream?seconds=100000&every=500 HTTP/1.0\r\n\r\n'));
  socket.on('data', (part) => {
    if (open) return;
    heard += part;
    const line = /\n(1 .*)\n/.exec(heard)?.[1];
    if (line === undefined) return;
    open = true;
    tell('open', id, Date.now(), line);
  });
  socket.on('error', (cause) => (error = cause.code ?? cause.message));
  socket.on('close', () => {
    if (open) tell('lost', id, Date.now(), error ?? 'closed');
    setTimeout(hold, RETRY_MS, id);
  });
}

for (let id = 1; id <= Number(count); id++) hold(id);
