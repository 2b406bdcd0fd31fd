import { LabError } from '../../lab/error.ts';
import { chooseKind, type Kind, lookAtHost } from '../../lab/machine/kind.ts';

/** Why no lab machine of this kind can run here; undefined where one can. */
export function obstacleTo(kind: Kind): string | undefined {
  try {
    chooseKind(kind, lookAtHost());
    return undefined;
  } catch (error) {
    if (error instanceof LabError) return error.message;
    throw error;
  }
}
