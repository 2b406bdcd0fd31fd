import { isDeepStrictEqual } from 'node:util';
import type { Decision } from '../announce/step.ts';
import type { Config } from '../config/config.ts';
import type { OwnCheck } from '../model/own-check.ts';
import { type Checks, ownCheckName } from './checks.ts';
import type { Journal } from './journal.ts';
import type { Sessions } from './sessions.ts';

/**
 * What an agent leaves to the next one of the same process. The next one has the configuration of now, and all else of what
 * has happened: a change of the configuration ends no hold-down and forgets no fault.
 */
export interface Legacy {
  readonly config: Config;
  readonly decision: Decision;
  readonly checks: Checks;
  readonly sessions: Sessions;
  /** What has been said stays said. */
  readonly journal: Journal;
}

/**
 * How the checks of an agent stand at its beginning. What was unhealthy is so until it has proven itself, and everything else
 * has to prove itself anew; a check of the operator that is another one than before begins afresh.
 *
 * @param fresh the checks of the agent that begins, undecided
 */
export function inheritedChecks(fresh: Checks, legacy: Legacy | undefined, config: Config): Checks {
  if (legacy === undefined) return fresh;
  const others = changedOwnChecks(legacy.config, config);
  return new Map(
    [...fresh].map(([name, state]) => {
      const before = others.has(name) ? undefined : legacy.checks.get(name);
      return [name, before?.health === 'unhealthy' ? before : state];
    }),
  );
}

function changedOwnChecks({ health: before }: Config, { health: now }: Config): ReadonlySet<string> {
  const isNew = (one: OwnCheck): boolean => !before.checks.some((other) => isDeepStrictEqual(one, other));
  return new Set(now.checks.filter(isNew).map(ownCheckName));
}
