import type { ApiVersion } from '../../src/bgp/gobgp.ts';
import { FAMILIES, type Family } from '../../src/model/address.ts';
import type { GobgpdBinary } from '../scenario/gobgpd-binary.ts';
import { Rig } from './rig.ts';
import { type Outcome, playGroup } from './row.ts';
import { groupsFor } from './rows/rows.ts';
import type { SwitchKind } from './switch.ts';

/** A gobgpd with a switch, in one family. */
export interface Combination {
  readonly version: string;
  readonly api: ApiVersion;
  readonly binary: string;
  readonly switch: SwitchKind;
  readonly family: Family;
}

export interface Result {
  readonly row: string;
  readonly combination: Combination;
  readonly outcome: Outcome;
  readonly ms: number;
}

export const SWITCHES: readonly SwitchKind[] = ['frr', 'bird'];

/** Every gobgpd with every switch in every family. */
export const combinations = (
  gobgpds: readonly GobgpdBinary[],
  switches: readonly SwitchKind[] = SWITCHES,
  families: readonly Family[] = FAMILIES,
): Combination[] =>
  gobgpds.flatMap(({ api, file, version }) =>
    switches.flatMap((kind) =>
      families.map((family): Combination => ({ api, binary: file, version, switch: kind, family })),
    ),
  );

export const nameOf = ({ family, switch: kind, version }: Combination): string => `${version} ${kind} ${family}`;

/** Plays the rows of one combination, one after another, and tells of each as it ends. */
async function playCombination(
  combination: Combination,
  only: readonly string[],
  tell: (result: Result) => void,
): Promise<void> {
  const rig = await Rig.create(combination.switch, combination.family, combination.binary);
  let begin = performance.now();
  try {
    for (const group of groupsFor(combination, only)) {
      await playGroup(rig, group, ({ name }, outcome) => {
        tell({ row: name, combination, outcome, ms: Math.round(performance.now() - begin) });
        begin = performance.now();
      });
    }
  } finally {
    await rig[Symbol.asyncDispose]();
  }
}

/** More at a time only wait for each other: each has two switches and two nodes. */
const AT_A_TIME = 12;

/** Plays every combination, some of them at a time. */
export async function playMatrix(
  chosen: readonly Combination[],
  only: readonly string[],
  tell: (result: Result) => void,
): Promise<void> {
  const left = [...chosen];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) await playCombination(next, only, tell);
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, work));
}
