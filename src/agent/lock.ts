import { once } from 'node:events';
import { createServer } from 'node:net';
import { FairleadError } from '../model/error.ts';

/** The first byte makes it an abstract name (unix(7)): one for each network namespace, and no file. */
const NAME = '\0fairlead';

/**
 * Makes this process the only fairlead of its network namespace, until it ends or `release` is called. Two agents would
 * each delete what the other makes. The lock is a name that the kernel forgets with the process, however that ends.
 *
 * Rejects with `already-running` where another process has the name.
 * @returns release
 */
export async function lockNode(name = NAME): Promise<() => void> {
  const server = createServer((client) => client.destroy()).unref();
  try {
    await once(server.listen(name), 'listening');
  } catch (cause) {
    throw new FairleadError('already-running', 'another fairlead runs on this node', {
      cause,
      hint: '`fairlead status` asks it; `ss -xlp` names its process as the owner of @fairlead',
    });
  }
  return () => server.close();
}
