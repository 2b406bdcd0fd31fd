import type { Lab } from '../lab.ts';
import { CHECKOUT } from '../machine/place.ts';

/** One request of the client. */
export interface Sample {
  /** When it was started, and how long it took, in milliseconds. */
  readonly at: number;
  readonly tookMs: number;
  /** The lb node it came through and the pod that answered; undefined where it failed. */
  readonly lb: string | undefined;
  readonly pod: string | undefined;
  readonly error: string | undefined;
  /** What was asked. */
  readonly address: string;
}

type Line = [at: number, tookMs: number, answer: string | null, error: string | null, address: string][];

/** The address of the Service `web`. */
export const WEB = '10.99.66.10';
const REQUESTER = `${CHECKOUT}/lab/observe/requester.mjs`;
/** The addresses of the lb nodes on the cluster network: what a pod sees as its client. */
const LB_OF = new Map([
  ['10.1.0.11', 'lb1'],
  ['10.1.0.12', 'lb2'],
  ['10.1.0.13', 'lb3'],
]);

/** The lb node behind the source that a pod saw. */
export const lbBehind = (source: string): string | undefined => LB_OF.get(source);

interface TrafficOptions {
  /** Whom to ask, in turns. */
  readonly addresses?: readonly string[];
  readonly perSecond?: number;
  /** After how long a request has failed; a second where not said. */
  readonly timeoutMs?: number;
}

/** A steady stream of requests from the client, to the web Service where not said, and how each of them went. */
export class Traffic {
  static readonly timeoutMs = 1000;
  readonly samples: Sample[] = [];

  /** Resolves once the first requests are done. */
  static async start(lab: Lab, options: TrafficOptions = {}): Promise<Traffic> {
    const { addresses = [WEB], perSecond = 50, timeoutMs = Traffic.timeoutMs } = options;
    const traffic = new Traffic();
    const argv = [
      'node',
      '--single-threaded',
      REQUESTER,
      addresses.join(','),
      '80',
      String(perSecond),
      String(timeoutMs),
    ];
    const { promise: first, resolve } = Promise.withResolvers<void>();
    await lab.spawn('client', argv, { onLine: (line) => traffic.#hear(line, resolve) });
    await first;
    return traffic;
  }

  /** The requests started in a stretch of time; those under way at its end may not be known yet. */
  between(from: number, to: number): Sample[] {
    return this.samples.filter(({ at }) => at >= from && at < to);
  }

  #hear(line: string, started: () => void): void {
    if (!line.startsWith('[')) return;
    started();
    for (const [at, tookMs, answer, error, address] of JSON.parse(line) as Line) {
      const [pod, source = ''] = answer?.split(' ') ?? [];
      this.samples.push({ at, tookMs, pod, lb: lbBehind(source), error: error ?? undefined, address });
    }
  }
}

export const failed = (samples: readonly Sample[]): Sample[] => samples.filter(({ error }) => error !== undefined);

/** How many of the samples came through each lb node, were answered by each pod, or failed with each error. */
export function countBy(samples: readonly Sample[], key: 'lb' | 'pod' | 'error'): Record<string, number> {
  const names = samples.map((sample) => sample[key]).filter((name) => name !== undefined);
  const groups = Map.groupBy(names.toSorted(), (name) => name);
  return Object.fromEntries([...groups].map(([name, found]) => [name, found.length]));
}
