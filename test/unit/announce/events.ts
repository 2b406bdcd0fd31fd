import type { AnnouncementEvent, Fault, Verdict } from '../../../src/announce/step.ts';
import type { Announcer, Census } from '../../../src/model/census.ts';

export const FAILED: Fault = { effect: 'withdraws', reason: 'probe-failed', detail: 'timed-out' };
export const UNBOUND: Fault = { effect: 'withdraws-at-once', reason: 'range-unbound', detail: 'no route' };
export const SOFT: Fault = { effect: 'deprioritises', reason: 'conntrack-out-of-sync', detail: 'as one of its kind' };

export const UNKNOWN: Census = { known: false, why: 'no answer' };

/** A good verdict, but for what is given. */
export const verdict = (given: Partial<Verdict> & { readonly at: number }): Verdict => ({
  kind: 'verdict',
  pending: undefined,
  fault: undefined,
  census: UNKNOWN,
  drain: 'none',
  held: false,
  ...given,
});

export const well = (at: number, census: Census = UNKNOWN): Verdict => verdict({ at, census });
export const pending = (at: number): Verdict => verdict({ at, pending: 'the probe' });
export const blocked = (at: number, fault: Fault = FAILED, census: Census = UNKNOWN): Verdict =>
  verdict({ at, fault, census });
export const stop = (at: number): AnnouncementEvent => ({ kind: 'stop', at });

/** Others by their states, each with the faults behind a colon: `announced`, `deprioritised:probe-failed`. */
export function others(...states: readonly string[]): Census {
  const found = states.map((text, index): Announcer => {
    const [state, fault] = text.split(':');
    return { node: `lb-${index + 2}`, state, faults: fault === undefined ? [] : [fault] } as Announcer;
  });
  return { known: true, turns: [], others: found, confirmed: true };
}

/** The same, read before the others could see what this node announces now. */
export const unconfirmed = (...states: readonly string[]): Census =>
  ({ ...others(...states), confirmed: false }) as Census;
