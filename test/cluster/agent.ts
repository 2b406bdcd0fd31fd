import { pino } from 'pino';
import { expect } from 'vitest';
import { type Bulletin, createBulletin } from '../../src/cluster/node-bulletin.ts';
import { createPresence, type Presence } from '../../src/cluster/presence.ts';
import type { Standing } from '../../src/cluster/node-condition.ts';
import type { Transition } from '../../src/model/transition.ts';
import { ServiceCidrs } from '../../src/source/service-cidrs.ts';
import { Followed, eventually } from './followed.ts';

const prefixes = ['10.99.66.0/23'] as const;
const announced = { state: 'announced', since: 0 } as const;
const withdrawn = { state: 'withdrawn', since: 0, reason: 'probe-failed', detail: 'no answer' } as const;

/** What an agent tells of itself while it announces, and while it does not. */
const TELLING = { announced, withdrawn };

/**
 * All of an agent that talks to the API server, and nothing else of it. WHATEVER ELSE IN src/ ASKS SOMETHING OF THE API
 * SERVER BELONGS IN HERE: test/cluster/rights.test.ts compares what these parts ask for with base/rbac.yaml.
 */
export class ApiParts {
  readonly #followed: Followed;
  readonly #presence: Presence;
  readonly #bulletin: Bulletin;
  readonly #cidrs: ServiceCidrs;

  /** @param node a name that the API server knows a Node by */
  constructor(node: string, kubeconfig: string) {
    const log = pino({ level: 'silent' });
    this.#followed = new Followed(kubeconfig);
    this.#presence = createPresence({ kubeconfig, node, namespace: 'fairlead', durationMs: 5000, log });
    this.#bulletin = createBulletin({ kubeconfig, node, log });
    this.#cidrs = new ServiceCidrs({ kubeconfig, lostAfterMs: 30_000, log });
    this.#presence.start(() => {});
    this.#cidrs.start(() => {});
  }

  /** Resolves once everything has been read. */
  async ready(): Promise<void> {
    await this.#followed.synced();
    await eventually(() => expect(this.#cidrs).toMatchObject({ synced: true, problem: undefined }));
  }

  tell(state: keyof typeof TELLING): void {
    const announcement = TELLING[state];
    const transition: Transition = { kind: 'announcement', announcement, prefixes };
    const standing: Standing = { announcement, told: state, prefixes, conditions: [] };
    this.#presence.tell({ state, faults: [] });
    this.#bulletin.happened(transition);
    this.#bulletin.stands(standing);
  }

  /** Resolves once a round of the presence has come to its end. */
  async present(): Promise<void> {
    await eventually(() => expect(this.#presence.census()).toMatchObject({ known: true, confirmed: true }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const others = [this.#presence, this.#bulletin, this.#cidrs];
    await Promise.all([...others.map((one) => one.stop()), this.#followed.source.stop()]);
  }
}
