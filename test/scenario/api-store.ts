import type { ApiObject } from './api-objects.ts';

/** A change, as a watch has it. */
export interface ApiEvent {
  readonly version: number;
  readonly object: ApiObject;
  readonly line: string;
}

/** What the API answers to a request that it does not carry out. */
export class Refused extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** What a change has to find. */
interface Preconditions {
  readonly uid?: string | undefined;
  readonly resourceVersion?: string | undefined;
}

/** A backup: everything as it was at one version. */
export interface Saved {
  readonly version: number;
  readonly objects: ReadonlyMap<string, ApiObject>;
}

/** The objects behind the API, with their versions and the history that watches replay. */
export class ApiStore {
  #objects = new Map<string, ApiObject>();
  readonly #onEvent: (event: ApiEvent) => void;
  #log: ApiEvent[] = [];
  #version = 1000;
  #oldest = 0;

  constructor(onEvent: (event: ApiEvent) => void) {
    this.#onEvent = onEvent;
  }

  get version(): number {
    return this.#version;
  }

  /** The oldest version that a watch or a list can go on from. */
  get oldest(): number {
    return this.#oldest;
  }

  /** In the order of their keys, as etcd has them. */
  get objects(): readonly ApiObject[] {
    return [...this.#objects].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, object]) => object);
  }

  since(version: number): readonly ApiEvent[] {
    return this.#log.filter((event) => event.version > version);
  }

  find(kind: string, name: string): ApiObject {
    const found = this.objects.find((object) => object.kind === kind && object.metadata.name === name);
    if (found) return found;
    throw new Refused(404, `${kind} "${name}" not found`);
  }

  /** Without a question: what some other client has done. */
  put(object: ApiObject): ApiObject {
    const before = this.#objects.get(keyOf(object));
    this.#version += 1;
    const uid = before?.metadata['uid'] ?? `uid-${this.#version}`;
    const metadata = { ...object.metadata, uid, resourceVersion: String(this.#version) };
    const stored = { ...object, metadata };
    this.#objects.set(keyOf(object), stored);
    this.#tell(before ? 'MODIFIED' : 'ADDED', stored);
    return stored;
  }

  delete(object: ApiObject): void {
    this.forget(object);
    const metadata = { ...object.metadata, resourceVersion: String(this.#version) };
    this.#tell('DELETED', { ...object, metadata });
  }

  /** Loses an object without an event, as a watcher sees what happened while it was away. */
  forget(object: ApiObject): void {
    this.#version += 1;
    this.#objects.delete(keyOf(object));
  }

  /** Forgets all history: every version before now is too old to resume from. */
  compact(): void {
    this.#version += 10;
    this.#oldest = this.#version;
    this.#log = [];
  }

  save(): Saved {
    return { version: this.#version, objects: new Map(this.#objects) };
  }

  /** Goes back to a backup. What has happened since then never has. */
  load({ version, objects }: Saved): void {
    this.#objects = new Map(objects);
    this.#version = version;
    this.#oldest = Math.min(this.#oldest, version);
    this.#log = this.#log.filter((event) => event.version <= version);
  }

  /** POST. */
  create(object: ApiObject): ApiObject {
    const { name, resourceVersion = '' } = object.metadata;
    if (resourceVersion !== '') throw new Refused(400, 'resourceVersion should not be set on objects to be created');
    if (this.#objects.has(keyOf(object))) throw new Refused(409, `${object.kind} "${name}" already exists`);
    return this.put(object);
  }

  /**
   * PUT as a Lease takes it (pkg/registry/coordination/lease/strategy.go): it creates what is not there, but for a
   * uid that nothing has, and never overwrites without a version.
   */
  update(object: ApiObject): ApiObject {
    const { resourceVersion, uid } = object.metadata as Preconditions;
    const current = this.#objects.get(keyOf(object));
    if (current && resourceVersion === undefined) throw new Refused(422, 'resourceVersion: must be specified');
    this.#demand(object, { uid, resourceVersion });
    return this.put(object);
  }

  /** PATCH, which needs no version. */
  patch(kind: string, name: string, change: (before: ApiObject) => ApiObject): ApiObject {
    return this.put(change(this.find(kind, name)));
  }

  /** DELETE, with the preconditions of its body. */
  remove(object: ApiObject, preconditions: Preconditions): ApiObject {
    this.#demand(object, preconditions);
    this.delete(object);
    return object;
  }

  #demand(object: ApiObject, { uid, resourceVersion }: Preconditions): void {
    const current = this.#objects.get(keyOf(object))?.metadata;
    if (uid !== undefined && uid !== current?.['uid']) throw new Refused(409, `Precondition failed: UID ${uid}`);
    if (current && resourceVersion !== undefined && resourceVersion !== current['resourceVersion']) {
      throw new Refused(409, 'the object has been modified; please apply your changes to the latest version');
    }
  }

  #tell(type: string, object: ApiObject): void {
    const event = { version: this.#version, object, line: `${JSON.stringify({ type, object })}\n` };
    this.#log.push(event);
    this.#onEvent(event);
  }
}

const keyOf = ({ kind, metadata }: ApiObject): string => `${kind} ${metadata.namespace}/${metadata.name}`;
