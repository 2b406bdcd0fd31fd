/**
 * The stand-in API server of the scenarios, inside of a node of the lab, for the agent on that node.
 * stdout: its kubeconfig, a line; stdin: {"put": object} or {"delete": object} a line.
 */
import { createInterface } from 'node:readline';
import type { ApiObject } from '../scenario/api-objects.ts';
import { ApiServer } from '../scenario/api-server.ts';

const server = new ApiServer('127.0.0.1');
await server.up();
process.stdout.write(`${server.kubeconfig()}\n`);
for await (const line of createInterface({ input: process.stdin })) {
  const { put, delete: gone } = JSON.parse(line) as { put?: ApiObject; delete?: ApiObject };
  if (put) server.put(put);
  if (gone) server.delete(gone);
}
