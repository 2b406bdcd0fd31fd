import { setTimeout as pause } from 'node:timers/promises';
import type { Answers, Order } from './client/protocol.ts';
import { MARKER, serviceKey } from './objects.ts';
import { Answerer } from './process.ts';
import type { Round } from './report.ts';
import type { Order as ServerOrder } from './server/protocol.ts';
import type { Sent } from './server/server.ts';

/** How many events are sent as fast as they are read, and how many a second for 5 s. */
export interface Series {
  readonly burst: number;
  readonly perSecond: number;
}
const SECONDS = 5;
/** Milliseconds for what the end of a step leaves to be done. */
const QUIET = 1000;
const SETTLED = 4000;

/** An API server that takes orders: one of ours in a process, or a real one. */
interface Server {
  ask(order: ServerOrder): Promise<string>;
}

/** How a client is started: with options for Node, and with words for its script. */
export interface Start {
  readonly options: readonly string[];
  readonly argv: readonly string[];
}

/** One life of a client: it reads everything, follows a burst of events and a steady flow, and comes to rest. */
export async function play({ argv, options }: Start, server: Server, series: Series): Promise<Round> {
  const client = new Answerer(argv, options);
  try {
    const sync = await ask(client, { op: 'sync' });
    await pause(QUIET);
    const burst = await playBurst(client, server, series);
    await pause(QUIET);
    await ask(client, { op: 'changes' });
    const latencies = await playSteady(client, server, series);
    await pause(SETTLED);
    return { sync, burst, latencies, settled: await ask(client, { op: 'memory' }) };
  } finally {
    await client.end();
  }
}

async function playBurst(client: Answerer, server: Server, { burst }: Series): Promise<Round['burst']> {
  await order(server, { op: 'prepare', changes: burst });
  const before = await ask(client, { op: 'memory' });
  const end = ask(client, { op: 'await', service: serviceKey(MARKER) });
  const sent = await send(server, 0);
  const [first] = sent;
  const { at, usage } = await end;
  if (first === undefined) throw new Error('expected events, the server has sent none');
  return { events: sent.length, ms: at - first[1], cpuMs: usage.cpuMs - before.cpuMs };
}

async function playSteady(client: Answerer, server: Server, { perSecond }: Series): Promise<number[]> {
  await order(server, { op: 'prepare', changes: SECONDS * perSecond });
  const end = ask(client, { op: 'await', service: serviceKey(MARKER) });
  const sent = await send(server, perSecond);
  await end;
  const seen = new Map(await ask(client, { op: 'changes' }));
  return sent.map(([service, at]) => {
    const changed = seen.get(service);
    if (changed === undefined) throw new Error(`the event of ${service} was sent, and changed nothing`);
    return changed - at;
  });
}

async function ask<O extends Order>(client: Answerer, one: O): Promise<Answers[O['op']]> {
  return JSON.parse(await client.ask(one)) as Answers[O['op']];
}

const order = (server: Server, one: ServerOrder): Promise<string> => server.ask(one);

async function send(server: Server, perSecond: number): Promise<readonly Sent[]> {
  return JSON.parse(await order(server, { op: 'send', perSecond })) as readonly Sent[];
}
