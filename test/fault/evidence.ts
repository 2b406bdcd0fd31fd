import type { RouteState } from '../../lab/observe/routes.ts';

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
