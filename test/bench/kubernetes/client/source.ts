/** fairlead's source. Usage: source.ts KUBECONFIG, bundled and started as the agent is. */
import { pino } from 'pino';
import { accessBy } from '../../../../src/source/api-access.ts';
import { createKubernetesSource } from '../../../../src/source/kubernetes.ts';
import { NODE } from '../objects.ts';
import { type Follower, serve } from './client.ts';

const kubeconfig = process.argv[2] ?? '';
// Loads the library, which the other client has loaded too when its time begins.
await accessBy(kubeconfig).request();

const source: Follower = {
  async follow(onChange) {
    const followed = createKubernetesSource({
      kubeconfig,
      lostAfterMs: 30_000,
      node: NODE,
      log: pino({ level: 'silent' }),
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    let isSynced = false;
    followed.start((services) => {
      if (isSynced) for (const service of services) onChange(service);
      if (isSynced || !followed.status().synced) return;
      isSynced = true;
      resolve();
    });
    await promise;
  },
};

await serve(source);
