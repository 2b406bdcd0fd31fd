import { writeFile } from 'node:fs/promises';
import { service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';

/** An API server as a process of its own, which can be stopped: `half-open-server.ts HOST KUBECONFIG`. */
const [host, kubeconfig = ''] = process.argv.slice(2);
const server = new ApiServer(host);
await server.up();
server.put(service('web', '10.99.66.10'));
await writeFile(kubeconfig, server.kubeconfig());
console.log('ready');
