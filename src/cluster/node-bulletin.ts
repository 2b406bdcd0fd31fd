import type { Logger } from 'pino';
import type { Transition } from '../model/transition.ts';
import { accessBy } from '../source/api-access.ts';
import { ApiClient, timeoutsFor } from '../source/api-client.ts';
import { EventDesk } from './event-desk.ts';
import type { Standing } from './node-condition.ts';
import { NodeConditionDesk } from './node-condition-desk.ts';
import { Sender } from './node-sender.ts';

/** What the cluster is shown of this agent, so that nobody has to ask the agent itself. */
export interface Bulletin {
  /** Something has happened: an Event of the Node. Returns at once, whatever becomes of it. */
  happened(transition: Transition): void;
  /** How things stand: a condition of the Node. The same again is no news. Returns at once. */
  stands(standing: Standing): void;
  /** Another agent of this process tells from now on: what has begun is for that one to tell of, if it lasts. */
  handedOver(): void;
  /** Sends what is left, for a second at most. */
  stop(): Promise<void>;
}

export interface BulletinOptions {
  /** A kubeconfig file; undefined for the service account of the pod. */
  readonly kubeconfig: string | undefined;
  /** The name of this node. */
  readonly node: string;
  readonly log: Logger;
  /** The rest is for tests. */
  readonly clock?: () => number;
}

/** Where there is no cluster to tell. */
export const noBulletin: Bulletin = {
  happened() {},
  stands() {},
  handedOver() {},
  stop: () => Promise.resolve(),
};

const ANSWER_MS = 10_000;
const STOP_MS = 1000;

/** Events and the condition of this Node, by the API of the cluster. Nothing is asked before there is something to tell. */
export function createBulletin({ clock = () => performance.now(), kubeconfig, log, node }: BulletinOptions): Bulletin {
  const client = new ApiClient(accessBy(kubeconfig), timeoutsFor(ANSWER_MS));
  const now = () => ({ at: clock(), time: Date.now() });
  const events = new EventDesk(node, now);
  const condition = new NodeConditionDesk(node, now);
  // Each has rights of its own: that one is refused does not hold up the other.
  const eventSender = new Sender(events, client, log, clock);
  const conditionSender = new Sender(condition, client, log, clock);
  return {
    happened(transition) {
      events.happened(transition);
      eventSender.wake();
    },
    stands(standing) {
      condition.stands(standing);
      conditionSender.wake();
    },
    handedOver: () => events.handedOver(),
    async stop() {
      await Promise.all([eventSender.stop(STOP_MS), conditionSender.stop(STOP_MS)]);
      client.close();
    },
  };
}
