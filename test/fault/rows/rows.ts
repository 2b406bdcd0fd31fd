import type { TorKind } from '../../../lab/lab.ts';
import type { Row } from '../row.ts';
import { CLUSTER_ROWS } from './cluster.ts';
import { GOBGPD_ROWS } from './gobgpd.ts';
import { NETWORK_ROWS } from './network.ts';
import { TABLE_ROWS } from './tables.ts';

/** The failure table. */
export const ROWS: readonly Row[] = [...GOBGPD_ROWS, ...NETWORK_ROWS, ...TABLE_ROWS, ...CLUSTER_ROWS];

/** The rows to play with a switch: all of them, or those that are named. */
export const rowsFor = (kind: TorKind, only: readonly string[] = []): Row[] =>
  ROWS.filter(({ name, switches }) => switches.includes(kind) && (only.length === 0 || only.includes(name)));
