import { parse } from 'yaml';
import { readRepository } from './pages.ts';

/** The names of the lab's nodes. */
export const readTopology = (): string[] =>
  Object.keys((parse(readRepository('lab/fairlead.clab.yml')) as { topology: { nodes: object } }).topology.nodes);
