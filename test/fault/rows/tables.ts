import { deleteRangeRoute, deleteSnat, flipForwarding, flushIpvs } from '../actions.ts';
import type { Row } from '../row.ts';
import { repaired } from './shapes.ts';

const REPAIRED = { measures: 'repaired', boundMs: 1000, switches: ['frr'] } as const;

/** Somebody changes what the agent keeps in the kernel. */
export const TABLE_ROWS: readonly Row[] = [
  {
    name: 'ipvs-flushed',
    title: 'IPVS flushed',
    ...REPAIRED,
    play: (stage) => repaired(stage, 'lb1', 'ipvs', () => flushIpvs(stage.lab, 'lb1')),
  },
  {
    name: 'snat-lost',
    title: 'SNAT rule lost',
    ...REPAIRED,
    play: (stage) => repaired(stage, 'lb2', 'snat', () => deleteSnat(stage.lab, 'lb2')),
  },
  {
    name: 'range-route-lost',
    title: 'Route of the range lost',
    ...REPAIRED,
    play: (stage) => repaired(stage, 'lb3', 'vip', () => deleteRangeRoute(stage.lab, 'lb3')),
  },
  {
    name: 'sysctl-flipped',
    title: 'Kernel setting flipped',
    ...REPAIRED,
    play: (stage) => repaired(stage, 'lb1', 'sysctl', () => flipForwarding(stage.lab, 'lb1')),
  },
];
