import type { RouteState } from '../../lab/observe/routes.ts';
import { failed, type Sample } from '../../lab/observe/traffic.ts';

/** Milliseconds between two moments in which the tor's route lacked at least one of these next hops. */
export function lackingMs(
  states: readonly RouteState[],
  nexthops: readonly string[],
  from: number,
  to: number,
): number {
  const lacks = ({ nexthops: there }: RouteState): boolean => nexthops.some((lb) => !there.includes(lb));
  return spans(states, from, to).reduce((sum, { state, ms }) => sum + (lacks(state) ? ms : 0), 0);
}

/** Milliseconds between two moments in which the range was not on the network at all. */
export const absentMs = (states: readonly RouteState[], from: number, to: number): number =>
  spans(states, from, to).reduce((sum, { state, ms }) => sum + (state.nexthops.length === 0 ? ms : 0), 0);

/** How often the tor's route changed between two moments. */
export const changesBetween = (states: readonly RouteState[], from: number, to: number): number =>
  states.filter(
    (state, index) => state.at >= from && state.at < to && state.nexthops.join() !== states[index - 1]?.nexthops.join(),
  ).length;

interface Span {
  readonly state: RouteState;
  readonly ms: number;
}

function spans(states: readonly RouteState[], from: number, to: number): Span[] {
  return states.flatMap((state, index) => {
    const ms = Math.min(states[index + 1]?.at ?? to, to) - Math.max(state.at, from);
    return ms > 0 ? [{ state, ms }] : [];
  });
}

/**
 * The longest time in which the tor sent packets to an lb node while requests through it failed, in milliseconds: from
 * the first failed request to the last one of a row of them that no good one interrupts.
 *
 * @param samples requests through that lb node
 */
export function longestBlackHole(states: readonly RouteState[], lb: string, samples: readonly Sample[]): number {
  let longest = 0;
  let begin: number | undefined;
  for (const { at, error } of samples.toSorted((a, b) => a.at - b.at)) {
    const isRouted = states.findLast((state) => state.at <= at)?.nexthops.includes(lb) ?? false;
    if (error === undefined || !isRouted) begin = undefined;
    else longest = Math.max(longest, at - (begin ??= at));
  }
  return longest;
}

/** A line for each kind of failed request, with how often it came. */
export const errorsOf = (samples: readonly Sample[]): string[] =>
  [...Map.groupBy(failed(samples), ({ error }) => error)].map(([error, those]) => `${those.length} × ${error}`);
