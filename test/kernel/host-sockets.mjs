/** Sockets of a node itself, such as sshd's or kubelet's. Usage: host-sockets.mjs ADDRESS:PORT... */
import { createServer } from 'node:net';

const sockets = process.argv.slice(2).map((place) => place.split(':'));
let open = sockets.length;
for (const [address, port] of sockets) {
  createServer((socket) => socket.on('error', () => socket.destroy()).end('host\n')).listen(
    Number(port),
    address,
    () => --open === 0 && console.log('ready'),
  );
}
