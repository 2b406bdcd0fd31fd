/** An API server with some Services, as a process of its own. Usage: api-path-server.ts HOST PORT SERVICE... */
import { endpointSlice, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';

const [host = '', port = '', ...names] = process.argv.slice(2);
const server = new ApiServer(host, Number(port));
server.put(service('kubernetes', '10.99.66.1'));
for (const [index, name] of names.entries()) {
  server.put(service(name, `10.99.66.${index + 10}`));
  server.put(endpointSlice(name, ['10.1.0.101']));
}
await server.up();
console.log('ready');
