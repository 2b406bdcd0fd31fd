import { MARKER, nodeObject, serviceObject, serviceKey, type Size, sliceObject } from '../objects.ts';

/** The objects of one kind as JSON, ready to be sent. */
export interface Collection {
  readonly apiVersion: string;
  readonly kind: string;
  /** Each without apiVersion and kind, as the items of a list are. */
  readonly items: Buffer[];
}

/** One change that is yet to be told: the event of a watch, and the item that a list has from then on. */
export interface Change {
  /** The Service it is about, as `namespace/name`. */
  readonly service: string;
  readonly index: number;
  readonly item: Buffer;
  readonly event: Buffer;
}

const SLICES = '/apis/discovery.k8s.io/v1/endpointslices';

/** What the cluster holds. Everything is made into bytes before a client asks, so that the server costs little beside it. */
export class Stock {
  readonly #size: Size;
  readonly #collections: ReadonlyMap<string, Collection>;
  readonly #slices: Collection;
  /** How often the slice of each Service has been changed. */
  readonly #changed = new Map<number, number>();
  #version: number;
  /** Where the next series of changes begins. */
  #next = MARKER + 1;

  constructor(size: Size) {
    this.#size = size;
    this.#version = 1_000_000 + 2 * size.services;
    const indexes = Array.from({ length: size.services }, (_, index) => index);
    const services = indexes.map((index) => serviceObject(index, 1_000_000 + index));
    const slice = (index: number) => this.#slice(index, 1_000_000 + size.services + index, 0);
    this.#slices = collection('discovery.k8s.io/v1', 'EndpointSlice', indexes.map(slice));
    this.#collections = new Map([
      ['/api/v1/services', collection('v1', 'Service', services)],
      [SLICES, this.#slices],
      ['/api/v1/nodes', collection('v1', 'Node', [nodeObject()])],
    ]);
  }

  /** The state of everything: grows with every change that is told. */
  get version(): string {
    return String(this.#version);
  }

  /** What stands below a path; nothing of an unknown kind where the path is not one of those that are looked at here. */
  at(path: string): Collection {
    return this.#collections.get(path) ?? collection('v1', 'Unknown', []);
  }

  /** Whether a change is told to those who watch a path. */
  concerns(path: string): boolean {
    return path === SLICES;
  }

  /** The next changes, each of another Service as long as there are enough, and one of the marker behind them. */
  prepare(count: number): Change[] {
    const others = this.#size.services - 1;
    const first = this.#next - 1;
    this.#next = ((first + count) % others) + 1;
    const indexes = Array.from({ length: count }, (_, number) => ((first + number) % others) + 1);
    return [...indexes, MARKER].map((index) => this.#change(index));
  }

  /** To be called when a change is told. */
  take({ index, item }: Change): void {
    this.#slices.items[index] = item;
  }

  /** By turns, one endpoint of a slice fails its readiness probe and passes it again. */
  #change(index: number): Change {
    const times = (this.#changed.get(index) ?? 0) + 1;
    this.#changed.set(index, times);
    this.#version += 1;
    const item = toJson(this.#slice(index, this.#version, times));
    return { service: serviceKey(index), index, item, event: eventOf('MODIFIED', this.#slices, item) };
  }

  #slice(index: number, resourceVersion: number, times: number): object {
    const { endpointsEach } = this.#size;
    const unready = times % 2 === 0 ? undefined : (index + times) % endpointsEach;
    return sliceObject(index, endpointsEach, { resourceVersion, unready });
  }
}

const toJson = (object: object): Buffer => Buffer.from(JSON.stringify(object));

const collection = (apiVersion: string, kind: string, objects: readonly object[]): Collection => ({
  apiVersion,
  kind,
  items: objects.map(toJson),
});

/** A line of a watch stream. */
export function eventOf(type: 'ADDED' | 'MODIFIED', { apiVersion, kind }: Collection, item: Buffer): Buffer {
  const head = `{"type":"${type}","object":{"kind":"${kind}","apiVersion":"${apiVersion}",`;
  return Buffer.concat([Buffer.from(head), item.subarray(1), Buffer.from('}\n')]);
}

/** The line that says how far everything has been told; with `initial`, that all there was has been told. */
export function bookmarkOf({ apiVersion, kind }: Collection, resourceVersion: string, initial: boolean): Buffer {
  const annotations = initial ? { annotations: { 'k8s.io/initial-events-end': 'true' } } : {};
  const object = { kind, apiVersion, metadata: { resourceVersion, creationTimestamp: null, ...annotations } };
  return Buffer.from(`${JSON.stringify({ type: 'BOOKMARK', object })}\n`);
}

/** The pieces of a list from one item up to another; `next` is where the one after it goes on. */
export function* listOf(of: Collection, resourceVersion: string, from: number, to: number): Generator<Buffer> {
  const rest = of.items.length - to;
  const metadata = { resourceVersion, ...(rest > 0 && { continue: String(to), remainingItemCount: rest }) };
  yield Buffer.from(
    `{"kind":"${of.kind}List","apiVersion":"${of.apiVersion}","metadata":${JSON.stringify(metadata)},"items":[`,
  );
  for (const [number, item] of of.items.slice(from, to).entries()) {
    if (number > 0) yield COMMA;
    yield item;
  }
  yield Buffer.from(']}\n');
}

const COMMA = Buffer.from(',');
