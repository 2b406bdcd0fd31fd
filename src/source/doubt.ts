import { versionNumber } from './version.ts';

/** What a complete reading says, beside what was known before. */
interface Reading {
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

/** What has been said again and again, for a while, is how things are: an etcd may well be restored from a backup. */
export class Trust {
  /** When a reading was first not believed, of those since the last one that was. */
  #doubtedAt: number | undefined;
  #believing = false;

  /** Says whether the reading that begins at `now` is to be believed, whatever it says. Times are in milliseconds. */
  begin(now: number, doubtMs: number): boolean {
    this.#believing = this.#doubtedAt !== undefined && now - this.#doubtedAt >= doubtMs;
    return this.#believing;
  }

  /** Throws where a reading is not to be believed yet. */
  demand(reading: Reading, now: number): void {
    const doubt = this.#believing ? undefined : doubtOf(reading);
    this.#doubtedAt = doubt === undefined ? undefined : (this.#doubtedAt ?? now);
    if (doubt !== undefined) throw new Error(doubt);
  }
}
