import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, vi } from 'vitest';
import { type EndpointSlice, type Service, serviceKeyOf } from '../../src/model/snapshot.ts';
import { decodeEndpointSlice, decodeService } from '../../src/source/decode.ts';
import type { Source } from '../../src/source/source.ts';
import { endpointSlice, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { openSource } from './kubernetes-source.ts';

/** Longer than a busy machine may take for anything that is waited for here. */
export const eventually = (check: () => void) => vi.waitFor(check, { timeout: 30_000, interval: 10 });

/** What stands through the whole of a test: so many that a list of them has two pages. */
const STANDING = 105;

/** What a Service has that is served: the Service itself and its slices. */
interface Served {
  readonly service: Service | undefined;
  readonly slices: readonly EndpointSlice[];
}

/**
 * A source in front of a server that does wrong, and a witness of all that it says meanwhile: nothing that has been there
 * all the time may ever be missing or another one, what has not changed may not be told as changed, and what is synced
 * stays so.
 */
export class HostileRig implements AsyncDisposable {
  readonly server: ApiServer;
  readonly source: Source;
  /** What was wrong, each time that the source told of something. */
  readonly wrongs = new Set<string>();
  readonly #directory: string;
  readonly #standing: ReadonlyMap<string, Served>;
  #synced = false;
  #changes = 0;

  static async open({
    server = new ApiServer(),
    standing = STANDING,
    pace = {},
    limits = {},
  }: RigOptions = {}): Promise<HostileRig> {
    const directory = await mkdtemp(join(tmpdir(), 'fairlead-hostile-'));
    await server.up();
    await writeFile(join(directory, 'kubeconfig'), server.kubeconfig());
    return new HostileRig(server, directory, openSource(directory, { readingMs: 1200, ...pace }, limits), standing);
  }

  private constructor(server: ApiServer, directory: string, source: Source, standing: number) {
    this.server = server;
    this.#directory = directory;
    this.source = source;
    for (let i = 1; i <= standing; i++) this.#put(`s${i}`, `10.99.66.${i}`, `10.1.0.${i}`);
    this.#standing = this.truth();
  }

  #put(name: string, address: string, endpoint: string): void {
    this.server.put(service(name, address));
    this.server.put(endpointSlice(name, [endpoint]));
  }

  /** Names another server to the source, or this one again. */
  kubeconfig(server = this.server.url): Promise<void> {
    return writeFile(join(this.#directory, 'kubeconfig'), this.server.kubeconfig().replace(this.server.url, server));
  }

  start(): void {
    this.source.start((services) => this.#witness(services));
  }

  /** Starts, and waits until everything is there and followed. */
  async follow(): Promise<void> {
    this.start();
    await eventually(() => expect(this.server.watches).toBe(3));
    await this.equalsTruth();
  }

  /** What is to be served, by what the server holds. */
  truth(): Map<string, Served> {
    const slices = Map.groupBy(
      this.server.all('EndpointSlice').flatMap((raw) => decodeEndpointSlice(raw).value ?? []),
      serviceKeyOf,
    );
    const services = this.server.all('Service').flatMap((raw) => decodeService(raw).value ?? []);
    const byKey = new Map(services.map((one) => [`${one.namespace}/${one.name}`, one]));
    const keys = [...new Set([...byKey.keys(), ...slices.keys()])].toSorted();
    return new Map(keys.map((key) => [key, { service: byKey.get(key), slices: slices.get(key) ?? [] }]));
  }

  /** What is to be served, by what the source says. */
  served(key: string): Served {
    const { services, slices } = this.source.snapshot();
    return { service: services.get(key), slices: slices.get(key) ?? [] };
  }

  /** Waits until the source says what the server holds, no more and no less, and that it is well. */
  async equalsTruth(): Promise<void> {
    await eventually(() => this.#compareAll());
    await eventually(() => expect(this.source.status()).toMatchObject({ synced: true, problem: undefined }));
  }

  #compareAll(): void {
    const { services, slices } = this.source.snapshot();
    const truth = this.truth();
    const keys = new Set([...truth.keys(), ...services.keys(), ...slices.keys()]);
    const wrong = [...keys].filter((key) => !isDeepStrictEqual(this.served(key), truth.get(key)));
    expect(wrong.map((key) => ({ key, said: this.served(key), held: truth.get(key) }))).toStrictEqual([]);
  }

  /** Ends all tricks, and holds the source to the server's truth, also for what happens next. */
  async calm(mark = 'after'): Promise<void> {
    this.server.tricks = {};
    await this.equalsTruth();
    this.change(mark);
    await this.equalsTruth();
    expect([...this.wrongs]).toStrictEqual([]);
  }

  /** What the cluster does meanwhile: something comes, something becomes another each time, something goes. */
  change(mark: string): void {
    this.#changes += 1;
    this.#put(`new-${mark}`, '10.99.67.1', '10.1.1.1');
    this.server.put(service('other', '10.99.67.2', { mark }));
    this.server.put(endpointSlice('other', [`10.1.2.${(this.#changes % 250) + 1}`, '10.1.3.1']));
    this.server.put(service(`gone-${mark}`, '10.99.67.3'));
    this.server.delete(service(`gone-${mark}`, '10.99.67.3'));
  }

  #witness(changed: ReadonlySet<string>): void {
    const { synced } = this.source.status();
    if (this.#synced && !synced) this.wrongs.add('synced went back');
    for (const key of changed)
      if (this.#synced && this.#standing.has(key)) this.wrongs.add(`${key} is told as changed`);
    this.#synced ||= synced;
    if (this.#synced) for (const [key, before] of this.#standing) this.#compare(key, before);
  }

  #compare(key: string, before: Served): void {
    if (!isDeepStrictEqual(this.served(key), before)) this.wrongs.add(`${key} is missing or another one`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.source.stop();
    await this.server.down().catch(() => {});
    await rm(this.#directory, { recursive: true });
  }
}

export interface RigOptions {
  readonly server?: ApiServer;
  readonly standing?: number;
  readonly pace?: Parameters<typeof openSource>[1];
  readonly limits?: Parameters<typeof openSource>[2];
}
