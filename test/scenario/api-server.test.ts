import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isObject, objectAt } from '../../src/source/json.ts';
import { endpointSlice, node, service } from './api-objects.ts';
import { ApiServer } from './api-server.ts';
import { SERVICES } from './kubernetes-source.ts';

/** The stand-in is held to what kube-apiserver does, for every test of the source rests on it. */
let server: ApiServer;
let abort: AbortController;

beforeEach(async () => {
  server = new ApiServer();
  abort = new AbortController();
  await server.up();
});
afterEach(async () => {
  abort.abort();
  await server.down();
});

const headers = { authorization: 'Bearer secret' };
const ask = (path: string, init: RequestInit = {}): Promise<Response> =>
  fetch(server.url + path, { signal: abort.signal, headers, ...init });
const patch = (path: string, body: object): Promise<Response> =>
  ask(path, {
    method: 'PATCH',
    body: JSON.stringify(body),
    headers: { ...headers, 'content-type': 'application/strategic-merge-patch+json' },
  });

const INITIAL = 'watch=true&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';

/** The lines of a watch, as they come: `ADDED b 1002`, `BOOKMARK end 1003`. */
async function watch(query: string): Promise<string[]> {
  const lines: string[] = [];
  const { body } = await ask(`${SERVICES}?${query}`);
  void read(body, (line) => lines.push(line)).catch(() => {});
  return lines;
}

async function read(body: ReadableStream<Uint8Array> | null, onLine: (line: string) => void): Promise<void> {
  let text = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const whole = (text + chunk).split('\n');
    text = whole.pop() ?? '';
    for (const line of whole) onLine(describeLine(line));
  }
}

function describeLine(line: string): string {
  const { type, object } = JSON.parse(line) as { type: string; object: object };
  const metadata = isObject(object) ? objectAt(object, 'metadata') : {};
  const end = 'k8s.io/initial-events-end' in objectAt(metadata, 'annotations') ? 'end' : '';
  return [type, metadata['name'] ?? end, metadata['resourceVersion']].join(' ');
}

const are = (lines: readonly string[], expected: readonly string[]): Promise<void> =>
  vi.waitFor(() => expect(lines).toStrictEqual(expected), { timeout: 5000, interval: 5 });

describe('a watch-list', () => {
  test('gives all there is in the order of the keys, marks the end, and goes on', async () => {
    for (const name of ['b', 'a', 'c']) server.put(service(name, '10.99.66.1'));
    server.put(service('a', '10.99.66.2'));
    const lines = await watch(INITIAL);
    const initial = ['ADDED a 1004', 'ADDED b 1001', 'ADDED c 1003', 'BOOKMARK end 1004'];
    await are(lines, initial);
    server.delete(service('c', '10.99.66.1'));
    server.bookmark();
    await are(lines, [...initial, 'DELETED c 1005', 'BOOKMARK  1005']);
    expect(server.count(SERVICES, 'watch-list')).toBe(1);
  });

  test.each([
    ['invalid', 422],
    ['bad-request', 400],
  ] as const)('is refused as %s where the server does not know it', async (mode, status) => {
    server.faults.noWatchList = mode;
    expect((await ask(`${SERVICES}?${INITIAL}`)).status).toBe(status);
    expect((await ask(`${SERVICES}?watch=true&resourceVersion=1000`)).status).toBe(200);
  });
});

test('a watch from a version that is still to come is told of nothing before it', async () => {
  const lines = await watch('watch=true&resourceVersion=1002');
  server.put(service('a', '10.99.66.1'));
  server.bookmark();
  server.put(service('b', '10.99.66.1'));
  server.put(service('c', '10.99.66.1'));
  await are(lines, ['ADDED c 1003']);
});

test('every page of a list shows what was there when it began', async () => {
  for (const name of ['a', 'b', 'c']) server.put(service(name, '10.99.66.1'));
  const first = (await (await ask(`${SERVICES}?limit=2`)).json()) as { metadata: { continue: string } };
  server.delete(service('a', '10.99.66.1'));
  server.put(service('d', '10.99.66.1'));
  const rest = await ask(`${SERVICES}?limit=2&continue=${first.metadata.continue}`);
  expect(await rest.json()).toMatchObject({
    metadata: { resourceVersion: '1003' },
    items: [{ metadata: { name: 'c' } }],
  });
});

describe('writes', () => {
  test('a patch of the status of a Node changes its own condition alone', async () => {
    server.put({ ...node('lb-1', 'a'), spec: {}, status: { conditions: [{ type: 'Ready', status: 'True' }] } });
    const answer = await patch('/api/v1/nodes/lb-1/status', {
      spec: { unschedulable: true },
      status: { conditions: [{ type: 'FairleadAnnounced', status: 'True' }] },
    });
    expect(answer.status).toBe(200);
    const conditions = [
      { type: 'Ready', status: 'True' },
      { type: 'FairleadAnnounced', status: 'True' },
    ];
    expect(server.all('Node')[0]).toMatchObject({ spec: {}, status: { conditions } });
    await patch('/api/v1/nodes/lb-1', { status: null, spec: { unschedulable: true } });
    expect(server.all('Node')[0]).toMatchObject({ spec: { unschedulable: true }, status: { conditions } });
  });

  test('an Event is made and counted up; one of the newer kind needs more fields', async () => {
    const event = {
      apiVersion: 'v1',
      kind: 'Event',
      metadata: { name: 'lb-1.1', namespace: 'default' },
      involvedObject: { kind: 'Node', name: 'lb-1' },
      count: 1,
    };
    const events = '/api/v1/namespaces/default/events';
    expect((await ask(events, { method: 'POST', body: JSON.stringify(event) })).status).toBe(201);
    expect((await patch(`${events}/lb-1.1`, { count: 2 })).status).toBe(200);
    expect(server.all('Event')).toMatchObject([{ count: 2 }]);
    const newer = JSON.stringify({ ...event, apiVersion: 'events.k8s.io/v1' });
    const path = '/apis/events.k8s.io/v1/namespaces/default/events';
    expect((await ask(path, { method: 'POST', body: newer })).status).toBe(422);
  });

  test('what is not in the table of kinds cannot be changed', async () => {
    server.put(endpointSlice('web', []));
    expect((await patch('/apis/discovery.k8s.io/v1/endpointslices/web-x1', {})).status).toBe(405);
  });
});
