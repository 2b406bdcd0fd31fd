import type { RouteState } from '../../../lab/observe/routes.ts';
import type { Sample } from '../../../lab/observe/traffic.ts';
import { FACTS, type Lb, LBS } from '../cluster.ts';

/** What is true of the lb nodes from a moment on (milliseconds since the epoch). */
export interface Able {
  readonly at: number;
  /** Those that have every reason to announce. */
  readonly lbs: readonly Lb[];
  /** Those with an agent and a gobgpd that run: only somebody who runs can notice that requests fail. */
  readonly watched: readonly Lb[];
}

export interface Bounds {
  /** How long a node may take to be used again once all of it is well. */
  readonly returnMs: number;
  /** How long a node that another one could stand in for may be used while requests through it fail. */
  readonly blackHoleMs: number;
  /** The same where nobody on it watches, or only just began to: it lasts as long as the sidecar waits for an agent. */
  readonly unwatchedMs: number;
  /** How long the switch itself may be without a route: the time between two messages of its kernel. */
  readonly gapMs: number;
}

/** What is known of a stretch of time. */
export interface Evidence {
  readonly able: readonly Able[];
  readonly routes: readonly RouteState[];
  /** Requests through each lb node, whatever is announced. */
  readonly direct: readonly Sample[];
}

/** Whether something has been true of a node for so long that it has to show. */
function isSettled({ able }: Evidence, what: 'lbs' | 'watched', lb: Lb, at: number, { returnMs }: Bounds): boolean {
  const until = able.filter((state) => state.at <= at);
  const lastNot = until.findLastIndex((state) => !state[what].includes(lb));
  const since = until[lastNot + 1]?.at;
  return since !== undefined && (lastNot === -1 || at - since >= returnMs);
}

/** Where the range was not on the network although a node could serve it. Judged from `from` on. */
export function absences(evidence: Evidence, from: number, to: number, bounds: Bounds): string[] {
  return evidence.routes.flatMap((state, index) => {
    const begin = Math.max(state.at, from);
    const end = Math.min(evidence.routes[index + 1]?.at ?? to, to);
    if (state.nexthops.length > 0 || end - begin <= bounds.gapMs) return [];
    const lb = LBS.find((one) => [begin, end].every((at) => isSettled(evidence, 'lbs', one, at, bounds)));
    return lb === undefined
      ? []
      : [`the range was off the network for ${end - begin} ms although ${lb} could serve it`];
  });
}

/** Where the switch used a node too long through which requests failed, while another one could have served them. */
export function blackHoles(evidence: Evidence, from: number, to: number, bounds: Bounds): string[] {
  return LBS.flatMap((lb) => {
    const samples = evidence.direct.filter(({ address, at }) => address === FACTS[lb].direct && at >= from && at < to);
    const isHole = ({ at, error }: Sample): boolean => error !== undefined && isReplaceable(evidence, lb, at, bounds);
    const isSeen = (sample: Sample): boolean => isHole(sample) && isSettled(evidence, 'watched', lb, sample.at, bounds);
    const [all, seen] = [longestRun(samples, isHole), longestRun(samples, isSeen)];
    if (seen <= bounds.blackHoleMs && all <= bounds.unwatchedMs) return [];
    return [
      `${lb} was used for ${all} ms while requests through it failed, ${seen} ms of it under the eyes of an agent`,
    ];
  });
}

/** Whether the switch uses a node at a moment at which it could do without. */
function isReplaceable(evidence: Evidence, lb: Lb, at: number, bounds: Bounds): boolean {
  const isUsed = evidence.routes.findLast((state) => state.at <= at)?.nexthops.includes(lb) ?? false;
  return isUsed && LBS.some((other) => other !== lb && isSettled(evidence, 'lbs', other, at, bounds));
}

/** The longest time between two samples of a row of which every one fits. */
function longestRun(samples: readonly Sample[], fits: (sample: Sample) => boolean): number {
  let longest = 0;
  let begin: number | undefined;
  for (const sample of samples.toSorted((a, b) => a.at - b.at)) {
    begin = fits(sample) ? (begin ?? sample.at) : undefined;
    if (begin !== undefined) longest = Math.max(longest, sample.at - begin);
  }
  return longest;
}
