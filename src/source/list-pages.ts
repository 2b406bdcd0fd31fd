import type { ApiClient, Query } from './api-client.ts';
import { arrayAt, isObject, objectAt, textAt } from './json.ts';

export interface Page {
  readonly items: readonly unknown[];
  readonly next: string | undefined;
  /** The same one in each page of a list. */
  readonly resourceVersion: string;
}

/**
 * A list in small pages: the whole of it at once would cost five times the memory and stop the agent for a second. Throws
 * what a request throws, and a TypeError for an answer that is no list.
 */
export async function* listPages(
  client: ApiClient,
  path: string,
  selector: Query,
  signal: AbortSignal,
): AsyncGenerator<Page> {
  let next: string | undefined;
  do {
    const page = pageOf(await client.get(path, { ...selector, limit: '100', continue: next }, signal));
    yield page;
    ({ next } = page);
  } while (next !== undefined);
}

function pageOf(body: unknown): Page {
  if (!isObject(body)) throw new TypeError('expected a list, found no JSON object');
  const metadata = objectAt(body, 'metadata');
  const resourceVersion = textAt(metadata, 'resourceVersion');
  if (resourceVersion === undefined) throw new TypeError('expected a list, found an object without resourceVersion');
  return { items: arrayAt(body, 'items'), next: textAt(metadata, 'continue') || undefined, resourceVersion };
}
