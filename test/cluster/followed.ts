import { pino } from 'pino';
import type { ApiTimeouts } from '../../src/source/api-client.ts';
import { createKubernetesSource } from '../../src/source/kubernetes.ts';
import { PACE } from '../../src/source/reflector-step.ts';
import type { Source } from '../../src/source/source.ts';
import { expect, vi } from 'vitest';

/** The node whose agent the tests play. */
export const NODE = 'lb-1';

/** How long a state is waited for: an API server needs seconds to start, and whatever runs beside it takes its time. */
export const eventually = (check: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(check, { timeout: 30_000, interval: 20 });

/** A source of the node lb-1 that follows a real API server, and tries again sooner than in a cluster. */
export class Followed {
  readonly source: Source;
  /** The Services that were reported as changed, in order. */
  readonly changes: string[] = [];

  /** Resolves once everything has been read. */
  static async start(kubeconfig: string, timeouts: Partial<ApiTimeouts> = {}): Promise<Followed> {
    const followed = new Followed(kubeconfig, timeouts);
    await followed.synced();
    return followed;
  }

  constructor(kubeconfig: string, timeouts: Partial<ApiTimeouts> = {}) {
    this.source = createKubernetesSource({
      kubeconfig,
      node: NODE,
      log: pino({ level: 'silent' }),
      lostAfterMs: 30_000,
      timeouts,
      pace: { ...PACE, firstDelayMs: 50, longestDelayMs: 500, settledMs: 500 },
    });
    this.source.start((changed) => this.changes.push(...(changed ?? [])));
  }

  async synced(): Promise<void> {
    await eventually(() => expect(this.source.status()).toMatchObject({ synced: true, problem: undefined }));
  }

  get names(): string[] {
    return [...this.source.snapshot().services.keys()].toSorted();
  }

  /** The addresses behind a Service of the namespace `default`. */
  endpoints(service: string): string[] {
    const slices = this.source.snapshot().slices.get(`default/${service}`) ?? [];
    return slices.flatMap((slice) => slice.endpoints.map(({ address }) => address)).toSorted();
  }

  get problem(): string | undefined {
    return this.source.status().problem;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.source.stop();
  }
}
