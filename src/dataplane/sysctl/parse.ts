/**
 * The values that settings had before they were changed, from a file that `formatOriginals` wrote. Whatever is not
 * such a value is passed over, a path that leads elsewhere included: root will write to it.
 */
export function parseOriginals(text: string): Map<string, string> {
  const entries = Object.entries(parseJson(text) ?? {});
  return new Map(entries.filter((entry): entry is [string, string] => isKey(entry[0]) && typeof entry[1] === 'string'));
}

export const formatOriginals = (originals: ReadonlyMap<string, string>): string =>
  `${JSON.stringify(Object.fromEntries(originals), undefined, 2)}\n`;

const isKey = (key: string): boolean => key.startsWith('net/') && !key.split('/').includes('..');

function parseJson(text: string): object | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}
