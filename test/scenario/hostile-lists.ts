import { isObject, type JsonObject, objectAt } from '../../src/source/json.ts';
import type { Tricks } from './api-tricks.ts';
import type { Behaviours } from './hostile-answers.ts';

/** Another list in place of each one. */
const lists = (change: (list: JsonObject, url: URL) => unknown) => (): Tricks => ({
  answer(json, url) {
    const list = JSON.parse(json) as JsonObject;
    return Array.isArray(list['items']) ? JSON.stringify(change(list, url)) : json;
  },
});

const text = (change: (json: string) => string | Buffer) => (): Tricks => ({ answer: (json) => change(json) });

const metadata = (change: (metadata: JsonObject) => unknown) =>
  lists((list) => ({ ...list, metadata: change(objectAt(list, 'metadata')) }));

const items = (change: (items: unknown[]) => unknown) =>
  lists((list) => ({ ...list, items: change(list['items'] as unknown[]) }));

/** Something else in place of the second item. */
const second = (change: (item: JsonObject) => unknown) =>
  items((all) => all.map((item, index) => (index === 1 && isObject(item) ? change(item) : item)));

/** Bytes in the middle of a character of three. */
const cutCharacter = (json: string): Buffer => {
  const bytes = Buffer.from(json.replace('"items"', '"note":"負荷","items"'));
  return bytes.subarray(0, bytes.indexOf('負') + 1);
};

/** What may be wrong with a list. None of it says that something is gone. */
export const LISTS: Behaviours = {
  'a list that is cut off': text((json) => json.slice(0, json.length / 2)),
  'a list that is cut off inside of a character': text(cutCharacter),
  'a list with more behind it': text((json) => `${json}}`),
  'null in place of a list': lists(() => null),
  'a number in place of a list': lists(() => 42),
  'an array in place of a list': lists(({ items: all }) => all),
  'items that are an object': items(() => ({})),
  'items that are a text': items(() => 'none'),
  'items that are a number': items(() => 0),
  'no items': lists(({ items: _all, ...list }) => list),
  'an item that is null': second(() => null),
  'an item that is a number': second(() => 7),
  'an item that is an array': second(() => []),
  'an item without metadata': second(({ metadata: _metadata, ...item }) => item),
  'an item whose metadata are a text': second((item) => ({ ...item, metadata: 'x' })),
  'an item whose name is a number': second((item) => ({
    ...item,
    metadata: { ...objectAt(item, 'metadata'), name: 5 },
  })),
  'a list without resourceVersion': metadata(({ resourceVersion: _version, ...rest }) => rest),
  'a list whose resourceVersion is a number': metadata((rest) => ({ ...rest, resourceVersion: 1000 })),
  'a list whose resourceVersion is empty': metadata((rest) => ({ ...rest, resourceVersion: '' })),
  'a list whose metadata are null': metadata(() => null),
  'a continue that is a number': metadata((rest) => ({ ...rest, continue: 5 })),
  'a continue that leads back to the same page': metadata((rest) => ({ ...rest, continue: '1/0' })),
  'a continue that leads round for ever': loop,
  '410 to every continue': () => ({
    request(url, response) {
      const expired = url.searchParams.has('continue');
      if (expired) response.writeHead(410).end('{"kind":"Status","code":410,"reason":"Expired"}');
      return expired;
    },
  }),
};

/** A token that is another one each time, and always leads to the first page. */
function loop(): Tricks {
  let turns = 0;
  const turn = lists((list) => ({ ...list, metadata: { ...objectAt(list, 'metadata'), continue: `turn-${turns++}` } }));
  return {
    ...turn(),
    request(url) {
      url.searchParams.delete('continue');
      return false;
    },
  };
}
