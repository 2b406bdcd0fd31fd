import { join } from 'node:path';
import { pino } from 'pino';
import { vi } from 'vitest';
import type { ApiTimeouts } from '../../src/source/api-client.ts';
import { createKubernetesSource } from '../../src/source/kubernetes.ts';
import type { Pace } from '../../src/source/reflector-step.ts';
import type { Source } from '../../src/source/source.ts';

export const SERVICES = '/api/v1/services';
export const NODES = '/api/v1/nodes';
export const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

/** Everything a hundred times faster than in a cluster. */
const FAST = {
  firstDelayMs: 8,
  longestDelayMs: 300,
  settledMs: 50,
  readingMs: 20_000,
  wordlessMs: 1900,
  doubtMs: 100,
};
const timeouts = { connectMs: 500, headersMs: 300, bodyMs: 300, watchMs: 950 };
const log = pino({ level: 'silent' });

/** A source of the node lb-1 over real HTTP, for the kubeconfig that stands in a directory. */
export function openSource(
  directory: string,
  pace: Partial<Pace> = {},
  { now = Date.now, ...limits }: Partial<ApiTimeouts> & { now?: () => number } = {},
): Source {
  const kubeconfig = join(directory, 'kubeconfig');
  const common = { kubeconfig, lostAfterMs: 30_000, node: 'lb-1', log, now };
  return createKubernetesSource({ ...common, pace: { ...FAST, ...pace }, timeouts: { ...timeouts, ...limits } });
}

export const eventually = (check: () => void) => vi.waitFor(check, { timeout: 5000, interval: 5 });
