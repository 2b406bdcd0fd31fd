import { pino } from 'pino';
import { createKubernetesSource } from '../../src/source/kubernetes.ts';

/**
 * A source as a process of its own, which tells each change of its state in a line, with the time of it:
 * `half-open-source.ts KUBECONFIG LOST_AFTER_MS`.
 */
const [kubeconfig, lostAfterMs] = process.argv.slice(2);
const log = pino({ level: 'silent' });
const source = createKubernetesSource({ kubeconfig, lostAfterMs: Number(lostAfterMs), node: 'lb-1', log });

let told = '';
source.start(() => {
  const { problem = '', services, synced } = source.status();
  const state = JSON.stringify({ synced, problem, services });
  if (state !== told) console.log(`${Date.now()} ${state}`);
  told = state;
});
