import type { RouteState } from '../../../lab/observe/routes.ts';
import type { Sample } from '../../../lab/observe/traffic.ts';
import { FACTS, type Lb, LBS } from '../cluster.ts';

/** The lb nodes that have every reason to announce, from a moment on (milliseconds since the epoch). */
export interface Able {
  readonly at: number;
  readonly lbs: readonly Lb[];
}

export interface Bounds {
  /** How long a node may take to be used again once all of it is well. */
  readonly returnMs: number;
  /** How long a node that another one could stand in for may be used while requests through it fail. */
  readonly blackHoleMs: number;
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

/** Whether a node has been well for so long that the switch has to use it. */
function dependable({ able }: Evidence, lb: Lb, at: number, { returnMs }: Bounds): boolean {
  const until = able.filter((state) => state.at <= at);
  const lastNot = until.findLastIndex(({ lbs }) => !lbs.includes(lb));
  const since = until[lastNot + 1]?.at;
  return since !== undefined && (lastNot === -1 || at - since >= returnMs);
}

/** Where the range was not on the network although a node could serve it. Judged from `from` on. */
export function absences(evidence: Evidence, from: number, to: number, bounds: Bounds): string[] {
  return evidence.routes.flatMap((state, index) => {
    const begin = Math.max(state.at, from);
    const end = Math.min(evidence.routes[index + 1]?.at ?? to, to);
    if (state.nexthops.length > 0 || end - begin <= bounds.gapMs) return [];
    const lb = LBS.find((one) => dependable(evidence, one, end, bounds) && dependable(evidence, one, begin, bounds));
    return lb === undefined
      ? []
      : [`the range was off the network for ${end - begin} ms although ${lb} could serve it`];
  });
}

/** Where the switch used a node too long through which requests failed, while another one could have served them. */
export function blackHoles(evidence: Evidence, from: number, to: number, bounds: Bounds): string[] {
  return LBS.flatMap((lb) => {
    const samples = evidence.direct.filter(({ address, at }) => address === FACTS[lb].direct && at >= from && at < to);
    const longest = longestFailing(evidence, lb, samples, bounds);
    return longest > bounds.blackHoleMs ? [`${lb} was used for ${longest} ms while requests through it failed`] : [];
  });
}

function longestFailing(evidence: Evidence, lb: Lb, samples: readonly Sample[], bounds: Bounds): number {
  let longest = 0;
  let begin: number | undefined;
  for (const { at, error } of samples.toSorted((a, b) => a.at - b.at)) {
    const used = evidence.routes.findLast((state) => state.at <= at)?.nexthops.includes(lb) ?? false;
    const replaceable = LBS.some((other) => other !== lb && dependable(evidence, other, at, bounds));
    if (error === undefined || !used || !replaceable) begin = undefined;
    else longest = Math.max(longest, at - (begin ??= at));
  }
  return longest;
}
