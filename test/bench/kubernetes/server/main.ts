/**
 * The API server of the benchmark, in a process of its own.
 * Usage: main.ts SERVICES ENDPOINTS_EACH HOST PORT CERT KEY
 * Prints its port, and then takes orders.
 */
import { createInterface } from 'node:readline';
import type { Order } from './protocol.ts';
import { BenchServer } from './server.ts';
import { Stock } from './stock.ts';

const [services, endpointsEach, host = '127.0.0.1', port, cert = '', key = ''] = process.argv.slice(2);
const server = new BenchServer(new Stock({ services: Number(services), endpointsEach: Number(endpointsEach) }));

async function obey(order: Order): Promise<unknown> {
  if (order.op === 'send') return await server.send(order.perSecond);
  server.prepare(order.changes);
  return null;
}

console.log(String(await server.listen(host, Number(port), { cert, key })));
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await obey(JSON.parse(line) as Order)));
}
process.exit(0);
