import type { Combination } from '../matrix.ts';
import { type Group, isFor, type Row } from '../row.ts';
import { failures } from './failures.ts';
import { paths } from './paths.ts';
import { policies } from './policies.ts';
import { sessions } from './sessions.ts';
import { bothFamilies, twoNodes } from './several.ts';

const GROUPS: readonly Group[] = [paths, policies, ...sessions, bothFamilies, twoNodes, ...failures];

/** Every row, in the order of the table. */
export const ROWS: readonly Row[] = GROUPS.flatMap(({ rows }) => rows);

/** The rows that say anything for a combination, by their set-up; all of them where none are named. */
export const groupsFor = (combination: Combination, only: readonly string[] = []): Group[] =>
  GROUPS.map((group) => ({
    ...group,
    rows: group.rows.filter((row) => isFor(row, combination) && (only.length === 0 || only.includes(row.name))),
  })).filter(({ rows }) => rows.length > 0);
