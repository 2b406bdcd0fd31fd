import type { ApiClient, Query } from './api-client.ts';
import { objectKey } from './decode.ts';
import { brief, isObject, objectAt, textAt } from './json.ts';

export interface Page {
  readonly items: readonly unknown[];
  readonly next: string | undefined;
  /** The same one in each page of a list. */
  readonly resourceVersion: string;
}

/** So many pages in a row may name nothing, though the list goes on: a selector may leave out all of them. */
const EMPTY_PAGES = 3;

/**
 * A list in small pages: the whole of it at once would cost five times the memory and stop the agent for a second. Throws
 * what a request throws, and a TypeError for an answer that is no list: what that does not name must not be taken for
 * gone.
 * @param keys is given the key of every object that the pages name
 */
export async function* listPages(
  client: ApiClient,
  path: string,
  selector: Query,
  keys: Set<string>,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let next: string | undefined;
  let empty = 0;
  do {
    const page = pageOf(await client.get(path, { ...selector, limit: '100', continue: next }, signal));
    const known = keys.size;
    for (const item of page.items) keys.add(keyOf(item));
    empty = page.items.length === 0 ? empty + 1 : 0;
    const isNew = keys.size > known || (page.items.length === 0 && empty <= EMPTY_PAGES);
    if (!isNew) throw new TypeError('a list that goes on and names nothing new');
    yield page;
    ({ next } = page);
  } while (next !== undefined);
}

function keyOf(item: unknown): string {
  const key = objectKey(item);
  if (key === undefined) throw new TypeError(`expected an object with metadata.name in a list, found ${brief(item)}`);
  return key;
}

function pageOf(body: unknown): Page {
  if (!isObject(body)) throw new TypeError(`expected a list, found ${brief(body)}`);
  const metadata = objectAt(body, 'metadata');
  const resourceVersion = textAt(metadata, 'resourceVersion') ?? '';
  if (resourceVersion === '') throw new TypeError('expected a list, found an object without resourceVersion');
  return { items: itemsOf(body['items']), next: continueOf(metadata['continue']), resourceVersion };
}

/** Go writes an empty list as null. */
function itemsOf(items: unknown): readonly unknown[] {
  if (items === null) return [];
  if (!Array.isArray(items)) throw new TypeError(`expected the items of a list, found ${brief(items)}`);
  return items;
}

function continueOf(token: unknown): string | undefined {
  if (token === undefined || token === null || token === '') return undefined;
  if (typeof token !== 'string') throw new TypeError(`expected a continue token, found ${brief(token)}`);
  return token;
}
