/**
 * A client of servers.mjs in a node of the lab: one process for a whole test file, since starting one costs more than
 * a hundred connections. Each line of stdin is a request, each line of stdout the answer to the one with its id.
 *   ask   connects, waits for the first line and resets the connection; or with `patient` waits for the server's end,
 *         once more as long at most
 *   hold  the same, keeps the connection and says something every 100 ms, since it is the client's packets that a
 *         director without a connection resets; `look` tells how it stands, `drop` ends it
 *   send  sends datagrams from a port that it keeps, and waits for the answer to each
 *   read  asks for a path by HTTP on a unix socket
 */
import { createSocket } from 'node:dgram';
import { get } from 'node:http';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { text as textOf } from 'node:stream/consumers';

const DATAGRAM_TIMEOUT_MS = 150;
const SPEAK_EVERY_MS = 100;

const held = new Map();
const sockets = new Map();
const REQUESTS = { ask, hold, look, drop, send, read };

createInterface({ input: process.stdin }).on('line', (line) => void respond(JSON.parse(line)));
console.log('{"id":0}');

async function respond({ id, op, ...request }) {
  console.log(JSON.stringify({ id, ...(await REQUESTS[op](request, id)) }));
}

function open({ address, port, localAddress, localPort }) {
  const socket = connect({ host: address, port, localAddress, localPort });
  const closed = new Promise((resolve) => socket.once('close', resolve));
  const connection = { socket, closed, text: '', end: undefined };
  socket
    .setEncoding('latin1')
    .on('data', (part) => (connection.text += part))
    .on('end', () => (connection.end ??= 'closed'))
    .on('error', ({ code }) => (connection.end ??= code === 'ECONNREFUSED' ? 'refused' : code));
  return connection;
}

/** Resolves with whether the first line came in time. */
function firstLine({ socket, text }, timeoutMs) {
  if (text.includes('\n')) return true;
  return new Promise((resolve) => {
    const finish = (came) => {
      clearTimeout(timer);
      resolve(came);
    };
    const timer = setTimeout(finish, timeoutMs, false);
    socket.once('data', () => finish(true)).once('close', () => finish(false));
  });
}

const outcomeOf = ({ end }, came) => (came ? 'answered' : (end ?? 'timed-out'));

const saysOf = ({ text }) => text.split('\n')[0];

async function ask({ patient = false, timeoutMs = 2000, ...target }) {
  const begin = performance.now();
  const connection = open(target);
  const came = await firstLine(connection, timeoutMs);
  const tookMs = Math.round(performance.now() - begin);
  const timer = setTimeout(() => connection.socket.destroy(), timeoutMs);
  if (!patient) connection.socket[came ? 'resetAndDestroy' : 'destroy']();
  await connection.closed;
  clearTimeout(timer);
  return { outcome: outcomeOf(connection, came), says: saysOf(connection), bytes: connection.text.length, tookMs };
}

async function hold({ timeoutMs = 2000, ...target }, id) {
  const connection = open(target);
  held.set(id, connection);
  const came = await firstLine(connection, timeoutMs);
  const timer = setInterval(() => connection.socket.write('x'), SPEAK_EVERY_MS);
  void connection.closed.then(() => clearInterval(timer));
  return { outcome: outcomeOf(connection, came), says: saysOf(connection) };
}

/** The numbers seen so far are counted, and whether each came behind the one before. */
function look({ of }) {
  const { end = 'open', text } = held.get(of);
  const numbers = text.split('\n').slice(1, -1).map(Number);
  return { state: end, count: numbers.length, inOrder: numbers.every((number, index) => number === index + 1) };
}

function drop({ of }) {
  held.get(of).socket.destroy();
  held.delete(of);
}

async function send({ address, port, localPort, count, everyMs }) {
  const socket = sockets.get(localPort) ?? (await bind(localPort, address, port));
  sockets.set(localPort, socket);
  const answers = {};
  for (let i = 0; i < count; i++) {
    const answer = await exchange(socket);
    answers[answer] = (answers[answer] ?? 0) + 1;
    if (everyMs) await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  return { answers };
}

/** A connected socket learns of refusals. */
function bind(localPort, address, port) {
  const socket = createSocket('udp4');
  return new Promise((resolve) => {
    socket.on('error', () => undefined).bind(localPort, () => socket.connect(port, address, () => resolve(socket)));
  });
}

/** The name of the pod that answers, `refused` or `lost`. */
function exchange(socket) {
  return new Promise((resolve) => {
    const finish = (answer) => {
      clearTimeout(timer);
      socket.removeListener('message', onMessage).removeListener('error', onError);
      resolve(answer);
    };
    const onMessage = (message) => finish(message.toString().split(' ')[0]);
    const onError = () => finish('refused');
    const timer = setTimeout(finish, DATAGRAM_TIMEOUT_MS, 'lost');
    socket.on('message', onMessage).on('error', onError);
    socket.send('x', (error) => error && onError());
  });
}

/** Without a `body` where nobody answers. */
async function read({ socketPath, path }) {
  const response = await new Promise((resolve) => {
    get({ socketPath, path }, resolve).on('error', () => resolve(undefined));
  });
  return response && { body: await textOf(response) };
}
