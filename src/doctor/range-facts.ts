import { isUnknown } from './finding.ts';
import type { Group } from './group.ts';
import { rangeFindings } from './ranges.ts';

export const rangeGroup: Group = async ({ network: reading, ranges }) => {
  const network = await reading;
  if (isUnknown(network)) throw new Error(network.problem);
  return rangeFindings(await ranges, network);
};
