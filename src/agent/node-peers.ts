import { isDeepStrictEqual } from 'node:util';
import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { DefaultRoute } from '../dataplane/netlink/default-routes.ts';
import type { Address } from '../model/address.ts';
import { explain } from '../model/error.ts';
import { type Gateways, gatewaysStep } from './gateways.ts';
import { type KnownNode, readNodeFile, writeNodeFile } from './node-file.ts';
import { Passwords } from './passwords.ts';
import { type PeerFacts, peerScope, peersOf, type ResolvedPeers } from './peers.ts';
import { Repeater } from './repeater.ts';
import type { Labels } from './selector.ts';

/** Between two looks at files and routes that nothing was heard of. */
const LOOK_EVERY_MS = 2000;

export interface NodePeersOptions {
  readonly config: Config;
  /** The default routes as the kernel has them; may throw. */
  readonly routes: () => readonly DefaultRoute[];
  /** What the source says of this Node; undefined while it says nothing. */
  readonly labels: () => Labels | undefined;
  /** Where what was learned is kept. */
  readonly file: string;
  readonly log: Pick<Logger, 'info' | 'warn'>;
  readonly lookEveryMs?: number;
}

/**
 * The peers of this node, followed as its default routes, its labels and the files with the passwords change. What was known
 * once stays known until something else is: no session ends because something cannot be read.
 */
export class NodePeers {
  readonly #options: NodePeersOptions;
  readonly #scope: Pick<PeerFacts, 'served' | 'families'>;
  readonly #passwords: Passwords;
  readonly #looks: Repeater;
  #onChange = (): void => {};
  #known: KnownNode;
  /** Why the default routes cannot be read. */
  #unreadable: string | undefined;
  #resolved: ResolvedPeers = { peers: [], problems: [], pending: [] };

  /** Takes a first look: what this node knows by itself is known from the start. */
  constructor(options: NodePeersOptions) {
    const { config, file, log, lookEveryMs = LOOK_EVERY_MS } = options;
    this.#options = options;
    this.#scope = peerScope(config);
    this.#passwords = new Passwords(config.bgp.peers.flatMap(({ passwordFile }) => passwordFile ?? []));
    this.#known = readNodeFile(file, log);
    this.#looks = new Repeater(
      async () => this.#look(),
      () => lookEveryMs,
    );
    this.#look();
  }

  /** The same value until something about it changes. */
  get resolved(): ResolvedPeers {
    return this.#resolved;
  }

  /** The labels of this node, as they were last known. */
  get labels(): Labels | undefined {
    return this.#known.labels;
  }

  /** Calls `onChange` whenever labels or peers are others than before. */
  follow(onChange: () => void): void {
    this.#onChange = onChange;
    this.#looks.start();
  }

  /** To be called when the default routes or the labels may have changed. */
  look(): void {
    this.#looks.trigger();
  }

  stop(): Promise<void> {
    return this.#looks.stop();
  }

  #look(): void {
    const { file, log } = this.#options;
    const before = this.#known;
    this.#known = this.#learn();
    const isNew = !isDeepStrictEqual(this.#known, before);
    if (isNew) writeNodeFile(file, this.#known, log);
    this.#passwords.look();
    const resolved = this.#resolve();
    const isOther = !isDeepStrictEqual(resolved, this.#resolved);
    if (isOther) this.#become(resolved);
    if (isNew || isOther) this.#onChange();
  }

  #learn(): KnownNode {
    const { config, labels, routes } = this.#options;
    const places = config.bgp.peers.map(({ place }) => place);
    const { gateways, labels: known } = this.#known;
    const now = labels() ?? known;
    if (places.every(({ kind }) => kind === 'address')) return { labels: now, gateways: NO_GATEWAYS };
    try {
      this.#unreadable = undefined;
      return { labels: now, gateways: gatewaysStep(gateways, places, routes()) };
    } catch (error) {
      this.#unreadable = explain(error);
      return { labels: now, gateways };
    }
  }

  #resolve(): ResolvedPeers {
    const { bgp, node } = this.#options.config;
    const facts = { ...this.#scope, ...this.#known, node, passwords: this.#passwords.known };
    const { problems, ...found } = peersOf(bgp, facts);
    const unreadable = this.#unreadable === undefined ? [] : [`gateway: ${this.#unreadable}`];
    return { ...found, problems: [...problems, ...unreadable] };
  }

  #become(resolved: ResolvedPeers): void {
    const addresses = resolved.peers.map(({ address }) => address);
    if (!isDeepStrictEqual(addresses, this.#addresses)) {
      this.#options.log.info({ event: 'peers-resolved', peers: addresses }, 'the peers of this node');
    }
    this.#resolved = resolved;
  }

  get #addresses(): Address[] {
    return this.#resolved.peers.map(({ address }) => address);
  }
}

const NO_GATEWAYS: Gateways = new Map();
