import type { Lab, TorKind } from '../../../lab/lab.ts';
import type { Row } from '../row.ts';
import { AGENT_ROWS } from './agent.ts';
import { CLUSTER_ROWS } from './cluster.ts';
import { GOBGPD_ROWS } from './gobgpd.ts';
import { MACHINE_ROWS } from './machine.ts';
import { MANY_ROWS } from './many.ts';
import { NETWORK_ROWS } from './network.ts';
import { TABLE_ROWS } from './tables.ts';

/** The failure table. */
export const ROWS: readonly Row[] = [
  ...AGENT_ROWS,
  ...GOBGPD_ROWS,
  ...NETWORK_ROWS,
  ...TABLE_ROWS,
  ...CLUSTER_ROWS,
  ...MACHINE_ROWS,
  ...MANY_ROWS,
];

/** The rows to play with a switch: all of them, or those that are named. */
export const rowsFor = (kind: TorKind, only: readonly string[] = []): Row[] =>
  ROWS.filter(({ name, switches }) => switches.includes(kind) && (only.length === 0 || only.includes(name)));

/** Whether a row can be played in a lab: with the gobgpd that is there, and without harm to the host. */
export const isFor = ({ gobgpd, machines }: Row, lab: Pick<Lab, 'gobgpd' | 'kind'>): boolean =>
  (machines?.includes(lab.kind) ?? true) && (gobgpd ?? lab.gobgpd) === lab.gobgpd;
