/**
 * What the tests of the traps ask of a pod, in one process for each pod. Every TCP server first says who it is and
 * whom it sees, as `pod1 10.1.0.11:40001`.
 *   TCP 9000  then counts: a numbered line every 50 ms, until the client ends it
 *   TCP 9001  then closes, so that it is the pod's end that waits in TIME_WAIT
 *   TCP 9002  then sends 300 kB, in a line of its own, and closes
 *   UDP 9053  answers each datagram with that line
 */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';

const COUNT_EVERY_MS = 50;
const BULK = 300_000;
const name = process.env.POD_NAME ?? 'host';

const sayTo = ({ remoteAddress, remotePort }) => `${name} ${remoteAddress}:${remotePort}\n`;

function count(socket) {
  let number = 0;
  const timer = setInterval(() => socket.write(`${++number}\n`), COUNT_EVERY_MS);
  socket.on('close', () => clearInterval(timer));
}

const SERVERS = [
  { port: 9000, serve: count },
  { port: 9001, serve: (socket) => socket.end() },
  { port: 9002, serve: (socket) => socket.end(`${'z'.repeat(BULK)}\n`) },
];

for (const { port, serve } of SERVERS) {
  createServer((socket) => {
    socket.on('error', () => socket.destroy()).resume();
    socket.write(sayTo(socket));
    serve(socket);
  }).listen(port, '0.0.0.0');
}

const datagrams = createSocket('udp4');
datagrams.on('message', (_, { address, port }) => datagrams.send(`${name} ${address}:${port}`, port, address));
datagrams.bind(9053, '0.0.0.0', () => console.log('ready'));
