import type { Lab } from '../../lab/lab.ts';
import { CHECKOUT } from '../../lab/machine/place.ts';

/** Where to connect to, and from where in case that matters. */
export interface Target {
  readonly address: string;
  readonly port: number;
  readonly localAddress?: string;
  readonly localPort?: number;
  readonly timeoutMs?: number;
}

export interface Reply {
  /** `answered`, `refused`, `timed-out`, or the code of another error. */
  readonly outcome: string;
  /** Who answered, and whom it saw: `pod1 10.1.0.11:40001`. */
  readonly says: string;
  readonly bytes: number;
  /** Until the first line, or until it was clear that none comes. */
  readonly tookMs: number;
}

/** How a connection that is kept stands: `open`, `closed` by the other end, or the code of an error. */
export interface Look {
  readonly state: string;
  readonly count: number;
  readonly inOrder: boolean;
}

export interface Held {
  /** `pod1`, where pod1 has answered; else how the attempt ended. */
  readonly by: string;
  look(): Promise<Look>;
  drop(): Promise<void>;
}

/** Connections and datagrams from inside a node of the lab: see traffic.mjs. */
export interface Traffic {
  /** @param patient waits until the server closes, instead of resetting the connection after its first line */
  ask(target: Target, patient?: 'patient'): Promise<Reply>;
  /** Opens a connection to the counting server behind a target and keeps it. */
  hold(target: Target): Promise<Held>;
  /** Sends datagrams one after the other, always from the same port, and counts who answers. */
  send(target: Required<Pick<Target, 'localPort'>> & Target, count: number, everyMs?: number): Promise<Answers>;
  /** What an HTTP server on a unix socket answers; undefined where there is none. */
  read(socketPath: string, path: string): Promise<string | undefined>;
}

/** By the name of the pod, `refused` or `lost`. */
export type Answers = Readonly<Record<string, number>>;

/** `pod1`, of a reply of pod1; else how the attempt ended. */
export const whoOf = ({ outcome, says }: Pick<Reply, 'outcome' | 'says'>): string =>
  outcome === 'answered' ? (says.split(' ')[0] ?? '') : outcome;

export async function startTraffic(lab: Lab, node: string): Promise<Traffic> {
  const request = await startRequests(lab, node);
  return {
    ask: async (target, patient) =>
      (await request({ op: 'ask', ...target, patient: patient !== undefined })) as unknown as Reply,
    hold: async (target) => {
      const { id, ...reply } = (await request({ op: 'hold', ...target })) as unknown as Reply & { id: number };
      return {
        by: whoOf(reply),
        look: async () => (await request({ op: 'look', of: id })) as unknown as Look,
        drop: async () => void (await request({ op: 'drop', of: id })),
      };
    },
    send: async (target, count, everyMs = 0) =>
      (await request({ op: 'send', ...target, count, everyMs }))['answers'] as Answers,
    read: async (socketPath, path) => (await request({ op: 'read', socketPath, path }))['body'] as string | undefined,
  };
}

type Message = Readonly<Record<string, unknown>>;

async function startRequests(lab: Lab, node: string): Promise<(request: Message) => Promise<Message>> {
  const waiting = new Map<unknown, (answer: Message) => void>();
  const { promise: ready, resolve } = Promise.withResolvers<Message>();
  waiting.set(0, resolve);
  const onLine = (line: string): void => {
    if (!line.startsWith('{')) return;
    const answer = JSON.parse(line) as Message;
    waiting.get(answer['id'])?.(answer);
    waiting.delete(answer['id']);
  };
  const argv = ['node', '--single-threaded', `${CHECKOUT}/test/kernel/traffic.mjs`];
  const traffic = await lab.spawn(node, argv, { onLine });
  await ready;
  let last = 0;
  return async (request) => {
    const id = ++last;
    const { promise, resolve: settle } = Promise.withResolvers<Message>();
    waiting.set(id, settle);
    await traffic.write(JSON.stringify({ id, ...request }));
    return promise;
  };
}
