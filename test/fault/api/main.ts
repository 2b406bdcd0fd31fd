/**
 * The API server of the fault lab: the stand-in of test/scenario, run in a node of the lab. Takes orders from stdin and
 * answers each with a line.
 */
import { createInterface } from 'node:readline';
import { ApiServer } from '../../scenario/api-server.ts';
import { API, type Order } from './protocol.ts';

const server = new ApiServer(API.host, API.port);

function obey(order: Order): void | Promise<void> {
  switch (order.op) {
    case 'up':
    case 'down':
      return server[order.op]();
    case 'put':
    case 'delete':
      return server[order.op](order.object);
  }
}

for await (const line of createInterface({ input: process.stdin })) {
  await obey(JSON.parse(line) as Order);
  console.log('done');
}
