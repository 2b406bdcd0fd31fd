import type { Lab } from '../../lab/lab.ts';
import { eventually } from './patience.ts';

/** Until the kernel itself has finished: it adds an address, and its routes, only once it knows that nobody else has it. */
export const addressesSettled = (lab: Lab, node: string): Promise<boolean> =>
  eventually(async () => (await lab.exec(node, ['ip', 'addr', 'show', 'tentative'])).stdout === '');
