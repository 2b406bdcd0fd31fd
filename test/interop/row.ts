import { explain } from '../../src/model/error.ts';
import type { ApiVersion } from '../../src/bgp/gobgp.ts';
import type { Family } from '../../src/model/address.ts';
import type { Combination } from './matrix.ts';
import type { Rig, SetUp } from './rig.ts';
import type { SwitchKind } from './switch.ts';

/** A property that a gobgpd, a switch and our own code have to have together. */
export interface Row {
  /** What `--only` calls it. */
  readonly name: string;
  readonly proves: string;
  /** Where it says anything at all; everywhere where not said. */
  readonly family?: Family;
  readonly api?: ApiVersion;
  readonly switch?: SwitchKind;
  /** @throws {NotOk} with what was seen where it does not hold */
  run(rig: Rig): Promise<void>;
}

/** Rows that share a set-up. Each begins with what the set-up wants. */
export interface Group {
  /** The set-up; undefined where each row makes its own. */
  readonly setUp: (rig: Pick<Rig, 'family' | 'places'>) => SetUp | undefined;
  readonly rows: readonly Row[];
}

export const isFor = (
  row: Row,
  { api, family, switch: kind }: Pick<Combination, 'api' | 'family' | 'switch'>,
): boolean => (row.family ?? family) === family && (row.api ?? api) === api && (row.switch ?? kind) === kind;

/** What was seen where the property does not hold; undefined where it does. */
export type Outcome = string | undefined;

/** Plays the rows of a group that say anything for a combination, and tells of each as it ends. */
export async function playGroup(
  rig: Rig,
  { rows, setUp }: Group,
  tell: (row: Row, outcome: Outcome) => void,
): Promise<void> {
  const wanted = setUp(rig);
  const broken = rows.length > 0 && wanted !== undefined ? await seen(() => rig.setUp(wanted)) : undefined;
  for (const row of rows) {
    const outcome = broken === undefined ? await seen(() => play(rig, row, wanted)) : `set-up: ${broken}`;
    tell(row, outcome);
  }
}

async function play(rig: Rig, row: Row, setUp: SetUp | undefined): Promise<void> {
  if (setUp !== undefined) await rig.reset();
  await row.run(rig);
}

async function seen(what: () => Promise<void>): Promise<Outcome> {
  try {
    await what();
    return undefined;
  } catch (error) {
    return explain(error).split('\n').slice(0, 2).join(' ');
  }
}
