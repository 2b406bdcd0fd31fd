import { existsSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { PAGES } from './pages.ts';

const anchors = new Map(PAGES.map((page) => [page.file, page.anchors]));

/** A link inside of the checkout: the file it leads to from its root, and the heading. */
function destination(from: string, target: string): { file: string; anchor: string | undefined } {
  const [path = '', anchor] = target.split('#');
  return { file: path === '' ? from : normalize(join(dirname(from), path)), anchor };
}

const links = PAGES.flatMap(({ file, links: all }) =>
  all
    .filter(({ text }) => !/^https?:/.test(text))
    .map(({ place, text }) => ({ place, text, from: file, ...destination(file, text) })),
);

test.each(links)('the link in $place leads somewhere: $text', ({ file, anchor }) => {
  expect(existsSync(join(CHECKOUT, file)), file).toBe(true);
  if (anchor !== undefined) expect(anchors.get(file)).toContain(anchor);
});

/** Inline code that is the path of something here, from the root or from where the page is. */
const paths = PAGES.flatMap(({ file, inlines }) =>
  inlines
    // `proto/api` is upstream's.
    .filter(({ text }) => /^(?!proto\/api\/)(deploy|docs|lab|proto|src|test)\/[\w./-]*$/.test(text))
    .map((inline) => ({ ...inline, from: file })),
);

test.each(paths)('the file that $place names is there: $text', ({ from, text }) => {
  const candidates = ['', dirname(from)].map((folder) => join(CHECKOUT, folder, text));
  expect(candidates.filter((path) => existsSync(path))).not.toStrictEqual([]);
});

test('there are links', () => {
  expect(links.length).toBeGreaterThan(60);
});

test('every page can be reached from the README', () => {
  const reached = new Set(['README.md']);
  // What is added meanwhile is walked too.
  for (const page of reached) {
    for (const { file, from } of links) if (from === page && anchors.has(file)) reached.add(file);
  }
  expect(PAGES.map(({ file }) => file).filter((file) => !reached.has(file))).toStrictEqual([]);
});
