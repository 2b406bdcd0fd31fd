import type { ServerResponse } from 'node:http';
import { isObject, type JsonObject, objectAt, textAt } from '../../src/source/json.ts';
import type { ApiServer } from './api-server.ts';
import type { Tricks } from './api-tricks.ts';
import type { Behaviours } from './hostile-answers.ts';

/** Another text in place of each line of a watch that is an event of an object. */
const lines = (change: (line: string, kind: string) => string) => (): Tricks => ({
  line: (line, kind) => (line.startsWith('{"type":"BOOKMARK"') ? line : change(line, kind)),
});

/** Another event in place of each one. */
const events = (change: (event: JsonObject) => unknown) =>
  lines((line) => `${JSON.stringify(change(JSON.parse(line) as JsonObject))}\n`);

const objects = (change: (object: JsonObject) => unknown) =>
  events((event) => ({ ...event, object: isObject(event['object']) ? change(event['object']) : event['object'] }));

const metadata = (change: (metadata: JsonObject) => unknown) =>
  objects((object) => ({ ...object, metadata: change(objectAt(object, 'metadata')) }));

const error = (status: unknown) => events(() => ({ type: 'ERROR', object: status }));

/** Each second line comes later than those behind it, but before it is said that all has come. */
function reordered(server: ApiServer): Tricks {
  let count = 0;
  const later = (line: string, kind: string, ms: number): string => {
    setTimeout(() => server.sendRaw(kind, line), ms);
    return '';
  };
  return {
    line(line, kind) {
      if (line.includes('k8s.io/initial-events-end')) return later(line, kind, 30);
      count += 1;
      return count % 2 === 0 || line.startsWith('{"type":"BOOKMARK"') ? line : later(line, kind, 10);
    },
  };
}

/** What was said first of an object comes again behind everything that is said of it: an event that is long over. */
function replayed(): Tricks {
  const first = new Map<string, string>();
  return lines((line, kind) => {
    const event = JSON.parse(line) as JsonObject;
    const name = isObject(event['object']) ? textAt(objectAt(event['object'], 'metadata'), 'name') : undefined;
    const key = `${kind} ${name ?? ''}`;
    const old = first.get(key) ?? line;
    first.set(key, old);
    return line + old;
  })();
}

/** Does something in place of a watch, of either kind. */
const watches = (act: (response: ServerResponse) => void): Tricks => ({
  request(url, response) {
    const isWatch = url.searchParams.has('watch');
    if (isWatch) act(response);
    return isWatch;
  },
});

/** What may be wrong with the lines of a watch, also with those that a watch-list begins with. */
export const STREAMS: Behaviours = {
  'every event twice': lines((line) => line + line),
  'events in another order': reordered,
  'events that are long over': replayed,
  'everything is ADDED, also what is known': events((event) =>
    event['type'] === 'MODIFIED' ? { ...event, type: 'ADDED' } : event,
  ),
  'everything is MODIFIED, also what is new': events((event) =>
    event['type'] === 'ADDED' ? { ...event, type: 'MODIFIED' } : event,
  ),
  'lines without an end': lines((line) => line.trimEnd()),
  'lines that end in the middle': lines((line) => `${line.slice(0, line.length / 2)}\n${line.slice(line.length / 2)}`),
  'empty lines in between': lines((line) => `\n\r\n\n${line}\n`),
  'null in place of an event': lines(() => 'null\n'),
  'a number in place of an event': lines(() => '42\n'),
  'an array in place of an event': lines((line) => `[${line.trimEnd()}]\n`),
  'an event without an object': events(({ type }) => ({ type })),
  'an object that is null': objects(() => null),
  'an object that is an array': objects((object) => [object]),
  'metadata that are a number': metadata(() => 3),
  'an event without a name': metadata(({ name: _name, ...rest }) => rest),
  'an event whose namespace is a number': metadata((rest) => ({ ...rest, namespace: 5 })),
  'an event without resourceVersion': metadata(({ resourceVersion: _version, ...rest }) => rest),
  'an event whose resourceVersion is a number': metadata((rest) => ({
    ...rest,
    resourceVersion: Number(rest['resourceVersion']),
  })),
  'an event without a type': events(({ object }) => ({ object })),
  'an event of an unknown type': events(({ object }) => ({ type: 'REPLACED', object })),
  'an object of another kind': objects((object) => ({ ...object, kind: 'Pod' })),
  'ERROR 410 in place of events': error({ kind: 'Status', code: 410, reason: 'Expired', message: 'too old' }),
  'ERROR 500 in place of events': error({ kind: 'Status', code: 500, message: 'etcdserver: leader changed' }),
  'ERROR that says nothing': error({}),
  'ERROR with null': error(null),
  'ERROR whose code is a text': error({ kind: 'Status', code: '410', message: 7 }),
  'ERROR with a retryAfterSeconds that is no number': error({ code: 429, details: { retryAfterSeconds: 'soon' } }),
  'a watch that ends at once': () => watches((response) => response.writeHead(200).end()),
  'a watch that is reset at once': () =>
    watches((response) => {
      response.writeHead(200).flushHeaders();
      setImmediate(() => response.socket?.resetAndDestroy());
    }),
  'a watch that is refused with 410': () => watches((response) => response.writeHead(410).end('{"code":410}')),
  'a watch-list whose end is never said': () => ({
    line: (line) => (line.includes('k8s.io/initial-events-end') ? '' : line),
  }),
};
