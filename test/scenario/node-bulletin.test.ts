import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BURST, TOKEN_EVERY_MS, WINDOW_MS } from '../../src/cluster/event-budget.ts';
import { LASTS_MS } from '../../src/cluster/event-lasting.ts';
import { type Bulletin, createBulletin } from '../../src/cluster/node-bulletin.ts';
import type { Standing } from '../../src/cluster/node-condition.ts';
import { CHANGE_EVERY_MS, HEARTBEAT_MS } from '../../src/cluster/node-condition-pace.ts';
import type { Transition } from '../../src/model/transition.ts';
import { arrayAt, isObject, type JsonObject, objectAt } from '../../src/source/json.ts';
import { node } from './api-objects.ts';
import { ApiServer } from './api-server.ts';

const EVENTS = '/api/v1/namespaces/default/events';
const STATUS = '/api/v1/nodes/lb-1/status';
const READY = { type: 'Ready', status: 'True', reason: 'KubeletReady' };

let server: ApiServer;
let directory: string;
let bulletin: Bulletin;
let lines: JsonObject[];
/** Every request, as `METHOD path`. */
let asked: string[];
/** What the clock of the bulletin is ahead. */
let ahead: number;

beforeEach(async () => {
  server = new ApiServer();
  await server.up();
  lines = [];
  asked = [];
  ahead = 0;
  server.delay = async (moment, { method, url }) => {
    if (moment === 'before') asked.push(`${method} ${url}`);
  };
  server.put({ ...node('lb-1', 'z1'), status: { conditions: [READY], phase: 'Running' } });
  directory = await mkdtemp(join(tmpdir(), 'fairlead-bulletin-'));
  bulletin = await open();
});

afterEach(async () => {
  await bulletin.stop();
  await server.down().catch(() => {});
  await rm(directory, { recursive: true });
});

const keep = (line: string): void => void lines.push(JSON.parse(line) as JsonObject);

async function open(): Promise<Bulletin> {
  const kubeconfig = join(directory, 'kubeconfig');
  await writeFile(kubeconfig, server.kubeconfig());
  const log = pino({ base: null, timestamp: false }, { write: keep });
  return createBulletin({ kubeconfig, node: 'lb-1', log, clock: () => performance.now() + ahead });
}

const prefixes = ['10.99.66.0/23'] as const;
const announced = { state: 'announced', since: 0 } as const;
const failed = { state: 'withdrawn', since: 0, reason: 'probe-failed', detail: 'why' } as const;
const ANNOUNCED: Transition = { kind: 'announcement', announcement: announced, prefixes };
const WITHDRAWN: Transition = { kind: 'announcement', announcement: failed, prefixes };
const UP: Standing = { announcement: announced, told: 'announced', prefixes, conditions: [] };
const DOWN: Standing = { announcement: failed, told: 'withdrawn', prefixes, conditions: [] };
const peerDown = (kind: 'condition-raised' | 'condition-cleared'): Transition => ({
  kind,
  condition: { code: 'peer-down', detail: '10.22.108.1 is idle' },
  subject: '10.22.108.1',
});

const reasonOf = (transition: Transition): string => (transition === ANNOUNCED ? 'Announced' : 'Withdrawn');

const eventually = (check: () => void): Promise<void> => vi.waitFor(check, { timeout: 20_000, interval: 5 });
const events = () => server.all('Event').map(({ reason, count, message }) => ({ reason, count, message }));
const conditions = (): readonly JsonObject[] => {
  const [found] = server.all('Node');
  return arrayAt(objectAt(found ?? {}, 'status'), 'conditions').filter(isObject);
};
const own = (): JsonObject | undefined => conditions().find(({ type }) => type === 'FairleadAnnouncing');
const askedFor = (what: string): string[] => asked.filter((one) => one.startsWith(what));
const logged = (event: string): JsonObject[] => lines.filter((line) => line['event'] === event);

/** Lets time pass for the bulletin, which looks at its clock when it is told something. */
function pass(ms: number): void {
  ahead += ms;
  bulletin.happened(peerDown('condition-cleared'));
  bulletin.stands(DOWN);
}

describe('an Event', () => {
  test('is one, however often the same happens: its count tells', async () => {
    bulletin.happened(WITHDRAWN);
    await eventually(() => expect(events()).toMatchObject([{ reason: 'Withdrawn', count: 1 }]));
    bulletin.happened(WITHDRAWN);
    await eventually(() => expect(events()).toMatchObject([{ reason: 'Withdrawn', count: 2 }]));
    bulletin.happened(ANNOUNCED);
    await eventually(() => expect(events()).toHaveLength(2));
    expect(askedFor('POST')).toHaveLength(2);
    expect(askedFor('PATCH')).toHaveLength(1);
  });

  test('that the API server has forgotten is made again', async () => {
    bulletin.happened(WITHDRAWN);
    await eventually(() => expect(events()).toHaveLength(1));
    for (const event of server.all('Event')) server.delete(event);
    bulletin.happened(WITHDRAWN);
    await eventually(() => expect(events()).toMatchObject([{ count: 2 }]));
    expect(lines).toStrictEqual([]);
  });

  test('whose answer was lost is not made twice', async () => {
    server.faults.half = true;
    bulletin.happened(WITHDRAWN);
    await eventually(() => expect(logged('cluster-not-told')).toHaveLength(1));
    server.faults.half = false;
    bulletin.happened(WITHDRAWN);
    await eventually(() => {
      pass(500);
      expect(events()).toMatchObject([{ count: 2 }]);
    });
    expect(askedFor('POST')).toHaveLength(2);
  });

  test('of a condition comes once that has lasted', async () => {
    bulletin.happened(peerDown('condition-raised'));
    bulletin.happened(ANNOUNCED);
    await eventually(() => expect(events()).toHaveLength(1));
    ahead += LASTS_MS;
    bulletin.happened(ANNOUNCED);
    await eventually(() => expect(events().map(({ reason }) => reason)).toContain('PeerDown'));
  });

  test.each([
    ['is over before', () => bulletin.happened(peerDown('condition-cleared'))],
    ['the next agent of this process has to find anew', () => bulletin.handedOver()],
  ])('of a condition that %s is never made', async (_, end) => {
    bulletin.happened(peerDown('condition-raised'));
    end();
    ahead += LASTS_MS;
    for (const transition of [ANNOUNCED, WITHDRAWN]) {
      bulletin.happened(transition);
      await eventually(() =>
        expect(events()).toContainEqual(expect.objectContaining({ reason: reasonOf(transition) })),
      );
    }
    expect(events()).toMatchObject([{ reason: 'Announced' }, { reason: 'Withdrawn' }]);
  });
});

describe('the condition', () => {
  test('stands beside those of others, and nothing else of the Node changes', async () => {
    bulletin.stands(UP);
    await eventually(() => expect(own()).toMatchObject({ status: 'True', reason: 'Announced' }));
    expect(conditions()).toHaveLength(2);
    expect(conditions()).toContainEqual(READY);
    expect(server.all('Node')).toMatchObject([{ metadata: { name: 'lb-1' }, status: { phase: 'Running' } }]);
  });

  test('is said again now and then, with the time of its last change', async () => {
    bulletin.stands(DOWN);
    await eventually(() => expect(own()).toBeDefined());
    const since = own()?.['lastTransitionTime'];
    for (let beat = 1; beat < 4; beat++) {
      await eventually(() => {
        pass(HEARTBEAT_MS);
        expect(askedFor(`PATCH ${STATUS}`).length).toBeGreaterThan(beat);
      });
    }
    expect(own()).toMatchObject({ status: 'False', reason: 'ProbeFailed', lastTransitionTime: since });
  });

  test('of an agent that comes after has changed when it changed, and not when that one came', async () => {
    const before = { type: 'FairleadAnnouncing', status: 'True', lastTransitionTime: '2020-02-02T02:02:02Z' };
    server.put({ ...node('lb-1', 'z1'), status: { conditions: [READY, before] } });
    bulletin.stands(UP);
    await eventually(() => expect(own()).toMatchObject({ reason: 'Announced' }));
    expect(own()).toMatchObject({ lastTransitionTime: '2020-02-02T02:02:02Z' });
  });

  test('says at the end that the agent stops, though something else was said just before', async () => {
    bulletin.stands(UP);
    await eventually(() => expect(own()).toBeDefined());
    bulletin.stands({ ...DOWN, announcement: { ...failed, reason: 'stopping' } });
    await bulletin.stop();
    expect(own()).toMatchObject({ status: 'False', reason: 'Stopping' });
  });

  test('stays as it is where the agent ends without a word, for the next one', async () => {
    bulletin.stands(UP);
    await eventually(() => expect(own()).toBeDefined());
    await bulletin.stop();
    expect(own()).toMatchObject({ status: 'True' });
    expect(askedFor('PATCH')).toHaveLength(1);
  });
});

test('a hundred flaps are a bounded number of requests, and the last state is what is shown', async () => {
  const startedAt = performance.now();
  for (let flap = 0; flap < 100; flap++) {
    bulletin.happened(WITHDRAWN);
    bulletin.stands(DOWN);
    bulletin.happened(ANNOUNCED);
    bulletin.stands(UP);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  await eventually(() => expect(own()).toMatchObject({ reason: 'Announced' }));
  expect(askedFor(`POST ${EVENTS}`)).toHaveLength(2);
  const tookMs = performance.now() - startedAt;
  expect(askedFor(`PATCH ${EVENTS}`).length).toBeLessThanOrEqual(BURST - 2 + tookMs / TOKEN_EVERY_MS);
  expect(askedFor(`PATCH ${STATUS}`).length).toBeLessThanOrEqual(1 + tookMs / CHANGE_EVERY_MS);
  // What could not be told one by one is told together, once there is room for it.
  pass(WINDOW_MS / 2);
  await eventually(() => expect(events().map(({ count }) => count)).toStrictEqual([100, 100]));
});

describe('an API server that is away', () => {
  test('costs one line in the log, and nothing is waited for', async () => {
    await server.down();
    bulletin.happened(WITHDRAWN);
    bulletin.stands(DOWN);
    await eventually(() => expect(logged('cluster-not-told')).toHaveLength(2));
    for (let attempt = 0; attempt < 5; attempt++) {
      pass(120_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    expect(lines).toHaveLength(2);
    await server.up();
    await eventually(() => {
      pass(120_000);
      expect(own()).toMatchObject({ reason: 'ProbeFailed' });
    });
    await eventually(() => expect(logged('cluster-told-again')).not.toHaveLength(0));
  });

  test('is told later what is still news, and of the rest nothing', async () => {
    await server.down();
    bulletin.happened(WITHDRAWN);
    await eventually(() => expect(logged('cluster-not-told')).toHaveLength(1));
    ahead += WINDOW_MS - 60_000;
    bulletin.happened(ANNOUNCED);
    ahead += 120_000;
    await server.up();
    await eventually(() => {
      pass(500);
      expect(events()).toMatchObject([{ reason: 'Announced', count: 1 }]);
    });
    await bulletin.stop();
    expect(events()).toHaveLength(1);
  });

  test('keeps no agent from its end', async () => {
    server.delay = () => new Promise(() => {});
    bulletin.happened(WITHDRAWN);
    bulletin.stands(DOWN);
    const before = performance.now();
    await bulletin.stop();
    expect(performance.now() - before).toBeLessThan(10_000);
  });
});

describe('without the right', () => {
  test.each([
    [EVENTS, 'Events of this node', () => expect(own()).toBeDefined()],
    ['/api/v1/nodes/lb-1', 'condition of this node', () => expect(events()).toHaveLength(1)],
  ])('to %s the rest is told, and that is said once', async (forbidden, what, other) => {
    server.faults.forbidden = forbidden;
    bulletin.happened(WITHDRAWN);
    bulletin.stands(DOWN);
    await eventually(() =>
      expect(lines).toMatchObject([{ event: 'cluster-not-told', what, problem: 'HTTP 403: forbidden' }]),
    );
    await eventually(other);
    const refused = asked.length;
    pass(10_000);
    bulletin.happened(ANNOUNCED);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(lines).toHaveLength(1);
    expect(asked.length).toBeLessThanOrEqual(refused + 1);
  });
});
