import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, vi } from 'vitest';
import { createPresence, type Presence, type PresenceOptions, type Told } from '../../src/cluster/presence.ts';
import type { Census } from '../../src/model/census.ts';
import type { ApiObject } from './api-objects.ts';
import { ApiServer } from './api-server.ts';

export const LEASES = '/apis/coordination.k8s.io/v1/namespaces/fairlead/leases';
/** A Lease that holds for a second: five rounds of everybody. */
export const DURATION_MS = 1000;

export const ANNOUNCED: Told = { state: 'announced', faults: [] };
export const DEPRIORITISED: Told = { state: 'deprioritised', faults: ['probe-failed'] };

export type LogLine = Readonly<Record<string, unknown>>;

/** A stand-in API server, and the presences of several nodes on it over real HTTP. */
export class Fleet {
  readonly server = new ApiServer();
  readonly lines: LogLine[] = [];
  readonly #presences: Presence[] = [];
  readonly #directory: string;

  static async open(): Promise<Fleet> {
    const fleet = new Fleet(await mkdtemp(join(tmpdir(), 'fairlead-presence-')));
    await fleet.server.up();
    await writeFile(fleet.kubeconfig, fleet.server.kubeconfig());
    return fleet;
  }

  private constructor(directory: string) {
    this.#directory = directory;
  }

  get kubeconfig(): string {
    return join(this.#directory, 'kubeconfig');
  }

  /** The presence of one more node. */
  presenceOf(node: string, options: Partial<PresenceOptions> = {}): Presence {
    const write = (line: string): void => void this.lines.push(JSON.parse(line) as LogLine);
    const log = pino({ level: 'debug', base: null, timestamp: false }, { write });
    const usual = { kubeconfig: this.kubeconfig, namespace: 'fairlead', durationMs: DURATION_MS };
    const presence = createPresence({ ...usual, node, log, ...options });
    this.#presences.push(presence);
    return presence;
  }

  /** One that has been started and told something. */
  join(node: string, own = ANNOUNCED, options: Partial<PresenceOptions> & { onChange?: () => void } = {}): Presence {
    const { onChange = () => {}, ...rest } = options;
    const presence = this.presenceOf(node, rest);
    presence.tell(own);
    presence.start(onChange);
    return presence;
  }

  /** Starts so many nodes that announce, and waits until each knows all others. */
  async announcing(count: number, options: Partial<PresenceOptions> = {}): Promise<Presence[]> {
    const all = Array.from({ length: count }, (_, index) => this.join(`lb-${index + 1}`, ANNOUNCED, options));
    await eventually(() => {
      for (const presence of all) if (announcing(presence.census()).length < count - 1) throw new Error('not yet');
    });
    return all;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#presences.map((presence) => presence.stop()));
    await this.server.down().catch(() => {});
    await rm(this.#directory, { recursive: true });
  }
}

/** The nodes that announce in full, in order; none where nothing is known. */
export const announcing = (census: Census): string[] =>
  census.known
    ? census.others
        .filter(({ state }) => state === 'announced')
        .map(({ node }) => node)
        .toSorted()
    : [];

export const eventually = <T>(check: () => T | Promise<T>, timeout = 10_000): Promise<T> =>
  vi.waitFor(check, { timeout, interval: 5 });

/** The Lease of a node, as the API has it. */
export const leaseOf = ({ server }: Fleet, node: string): ApiObject =>
  server.all('Lease').find(({ metadata }) => metadata.name === `fairlead-${node}`) as ApiObject;

export const own = (fleet: Fleet): ApiObject => leaseOf(fleet, 'lb-1');

export const confirmed = (presence: Presence): Promise<void> =>
  eventually(() => expect(presence.census()).toMatchObject({ known: true, confirmed: true }));

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
