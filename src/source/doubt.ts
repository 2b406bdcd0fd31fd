import { versionNumber } from './version.ts';

/** What a complete reading says, beside what was known before. */
export interface Reading {
  /** Objects that were known, and those that are named now. */
  readonly known: number;
  readonly named: number;
  /** The newest resourceVersion that was known, and that of the reading. */
  readonly newest: string | undefined;
  readonly resourceVersion: string;
}

/** Of fewer objects than this, half may well go while nobody looks. */
const FEW = 10;

/**
 * Why a reading is not to be believed at once; undefined for one that is. A server that has lost its storage names nothing,
 * and succeeds; one that was restored from a backup, or that answers from an old cache, goes back in its versions.
 */
export function doubtOf({ known, named, newest, resourceVersion }: Reading): string | undefined {
  if (known > 0 && named === 0) return `an empty list, where ${known} objects were known`;
  if (known >= FEW && named < known / 2) return `a list of ${named} objects, where ${known} were known`;
  const isOlder = versionNumber(resourceVersion) < versionNumber(newest);
  return isOlder ? `a list of version ${resourceVersion}, where ${newest} was known` : undefined;
}
