/**
 * UDP clients that keep their ports, from inside a node of the lab. Each sends a numbered datagram at a steady pace, and
 * never stops to wait for an answer.
 * argv: ADDRESS PORT SOURCE-PORT...; stdout: {"source", "number", "pod"} a line for each answer of a pod.
 */
import { createSocket } from 'node:dgram';

const EVERY_MS = 100;
const [address, port, ...sources] = process.argv.slice(2);

for (const source of sources.map(Number)) {
  const socket = createSocket('udp4');
  let number = 0;
  socket.on('error', () => undefined);
  socket.on('message', (message) => {
    const [pod, , echoed] = message.toString().split(' ');
    process.stdout.write(`${JSON.stringify({ source, number: Number(echoed), pod })}\n`);
  });
  socket.bind(source, () => setInterval(() => socket.send(String(++number), Number(port), address), EVERY_MS));
}
