import { type EndpointSlice, serviceKeyOf } from '../model/snapshot.ts';

/** EndpointSlices by the key of their Service, kept up to date slice by slice. */
export class SliceGroups {
  readonly #groups = new Map<string, readonly EndpointSlice[]>();

  /** A live view; the array of a Service is another one after each change of it. */
  get groups(): ReadonlyMap<string, readonly EndpointSlice[]> {
    return this.#groups;
  }

  replace(before: EndpointSlice | undefined, after: EndpointSlice | undefined): void {
    if (before) this.#change(serviceKeyOf(before), (group) => group.filter((slice) => slice !== before));
    if (after) this.#change(serviceKeyOf(after), (group) => [...group, after]);
  }

  #change(key: string, change: (group: readonly EndpointSlice[]) => readonly EndpointSlice[]): void {
    const group = change(this.#groups.get(key) ?? []);
    if (group.length === 0) this.#groups.delete(key);
    else this.#groups.set(key, group);
  }
}
