import { isDeepStrictEqual } from 'node:util';
import type { Bulletin } from '../cluster/node-bulletin.ts';
import type { Config } from '../config/config.ts';
import type { Prefix } from '../model/address.ts';
import type { Taken } from './config-file.ts';
import type { LastingSource } from './lasting-source.ts';
import { takeable } from './needs-restart.ts';
import type { AutoRanges } from './ranges-auto.ts';
import type { Succession } from './succession.ts';

/** What agents of one process stand on, one after the other, for as long as they learn of the same cluster in the same way. */
export interface Ground {
  readonly source: LastingSource;
  readonly bulletin: Bulletin;
  /** Undefined where the configuration has the ranges. */
  readonly auto: AutoRanges | undefined;
}

/** What a ground is made with. */
export interface Place {
  /** The configuration of now, without the ranges that are learned. */
  readonly config: () => Config;
  /** The ranges to begin with where others are to be learned; undefined for those that an earlier process kept. */
  readonly known: readonly Prefix[] | undefined;
  /** Takes up the ranges that were learned. */
  readonly become: (ranges: readonly Prefix[]) => Promise<boolean>;
}

export interface UptakeOptions {
  readonly started: Config;
  readonly agents: Pick<Succession, 'become'>;
  readonly lay: (place: Place) => Ground;
}

/** A ground, with what of the configuration it was laid for. */
type Laid = Ground & { readonly for: unknown };

/** Takes one configuration after the other up, as much of each as a running process can. */
export class Uptake {
  readonly #options: UptakeOptions;
  readonly #failed = Promise.withResolvers<never>();
  #config: Config;
  #needsRestart: readonly string[] = [];
  #ranges: readonly Prefix[] | undefined;
  /** What the agent in service stands on. */
  #ground: Laid;
  /** What the next one is to stand on, where that is something else. */
  #next: Laid | undefined;

  constructor(options: UptakeOptions) {
    this.#options = options;
    this.#config = options.started;
    this.#ground = this.#lay();
    // Whoever waits for it learns of it all the same.
    this.#failed.promise.catch(() => {});
  }

  /** Rejects once ranges that were learned could not be taken up. */
  get failed(): Promise<never> {
    return this.#failed.promise;
  }

  get ground(): Ground {
    return this.#ground;
  }

  /** The configuration of now, without the ranges that are learned. */
  get config(): Config {
    return this.#config;
  }

  /** Keys of the file that count only from the next start on. */
  get needsRestart(): readonly string[] {
    return this.#needsRestart;
  }

  /** What an agent with this configuration stands on. */
  groundOf(config: Config): Ground {
    return this.#next !== undefined && isDeepStrictEqual(this.#next.for, placeOf(config)) ? this.#next : this.#ground;
  }

  /** Begins with what the process has started with. Rejects where no agent can be made. */
  async start(): Promise<void> {
    await (this.#ground.auto?.start() ?? this.#become(this.#config.ranges));
  }

  /** Takes a file up, or says why that has to wait. Rejects where no agent can be made for it, and all is as before. */
  async take(file: Config): Promise<Taken> {
    const before = { config: this.#config, needsRestart: this.#needsRestart };
    const { config, needsRestart } = takeable(this.#options.started, file);
    this.#config = config;
    try {
      await this.#moveTo(placeOf(config));
      const ranges = (this.#next ?? this.#ground).auto?.known ?? config.ranges;
      if (ranges.length === 0) return { waiting: 'the ServiceCIDRs of the cluster are not known yet' };
      if (!(await this.#become(ranges))) return { waiting: PUT_OFF };
      await this.#leaveOld();
      this.#needsRestart = needsRestart;
      return 'taken';
    } catch (error) {
      this.#config = before.config;
      await this.#dropNext();
      throw error;
    }
  }

  /** Learns of no more ranges. */
  async stop(): Promise<void> {
    await Promise.all([this.#ground.auto?.stop(), this.#next?.auto?.stop()]);
  }

  /** To be called once there is no agent any more. */
  async end(): Promise<void> {
    await this.#dropNext();
    await endOf(this.#ground);
  }

  async #become(ranges: readonly Prefix[]): Promise<boolean> {
    const isDone = await this.#options.agents.become({ ...this.#config, ranges });
    if (isDone) this.#ranges = ranges;
    return isDone;
  }

  async #moveTo(place: unknown): Promise<void> {
    if (isDeepStrictEqual((this.#next ?? this.#ground).for, place)) return;
    await this.#dropNext();
    if (isDeepStrictEqual(this.#ground.for, place)) return;
    this.#next = this.#lay();
    await this.#next.auto?.start();
  }

  #lay(): Laid {
    // The one that is not to be stood on goes on to learn, and changes nothing.
    const become = async (ranges: readonly Prefix[]): Promise<boolean> =>
      (this.#next ?? this.#ground) === laid && this.#become(ranges);
    const place = { config: () => this.#config, known: this.#ranges, become };
    const laid: Laid = { ...this.#options.lay(place), for: placeOf(this.#config) };
    laid.auto?.failed.catch((error: unknown) => this.#failed.reject(error));
    return laid;
  }

  async #leaveOld(): Promise<void> {
    if (this.#next === undefined) return;
    const old = this.#ground;
    this.#ground = this.#next;
    this.#next = undefined;
    await endOf(old);
  }

  async #dropNext(): Promise<void> {
    const next = this.#next;
    this.#next = undefined;
    if (next !== undefined) await endOf(next);
  }
}

const PUT_OFF = 'this node drains, or not every peer has been told of the ranges that go';

/** Where what is known of a cluster comes from. */
const placeOf = ({ rangesFrom, source }: Config): unknown => ({ rangesFrom, source });

async function endOf({ auto, bulletin, source }: Ground): Promise<void> {
  await auto?.stop();
  await Promise.all([source.end(), bulletin.stop()]);
}
