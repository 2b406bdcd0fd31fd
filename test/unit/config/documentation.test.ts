import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { parseConfig } from '../../../src/config/parse.ts';
import { configReference } from '../../../src/config/reference.ts';

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const page = read('configuration.md');

test('the table says of every key of the schema what the schema says of it, and of no other', () => {
  const table = [...page.matchAll(/^\| `(.+?)` +\| (.+?) +\| (.+?) +\|$/gm)];
  const rows = table.map(([, key, fallback, meaning]) => ({ key, fallback, meaning }));
  expect(rows, 'write it anew by `npm run docs`').toStrictEqual(configReference());
});

test('every key has a meaning', () => {
  expect(configReference().filter(({ meaning }) => meaning === '')).toStrictEqual([]);
});

test('the example is a file that fairlead takes', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  expect(parseConfig(example, 'lb-1')).toHaveProperty('config');
});

const NEEDED = {
  apiVersion: 'fairlead.io/v1alpha1',
  kind: 'FairleadConfig',
  ranges: ['10.99.66.0/23'],
  bgp: { localAs: 64512, peers: [{ address: '10.22.108.1', as: 64500 }] },
};

const parts = [...read('bgp.md').matchAll(/```yaml\n(.*?)```/gs)]
  .map(([, text = '']) => text)
  .filter((text) => !text.includes('kind:'));

test.each(parts)('fairlead takes what docs/bgp.md shows of a file: %#', (text) => {
  const file = stringify({ ...NEEDED, ...(parse(text) as object) });
  expect(parseConfig(file, 'lb-1', '10.22.108.100').problems).toBeUndefined();
});

test('there are such parts', () => {
  expect(parts.length).toBeGreaterThan(5);
});

test.each(['configuration.md', 'bgp.md'])('the links of docs/%s lead to headings that are there', (name) => {
  for (const [, file = '', heading = ''] of read(name).matchAll(/\]\(([a-z-]*\.md)?#([^)]+)\)/g)) {
    const headings = [...read(file === '' ? name : file).matchAll(/^#+ (.+)$/gm)].map(([, text = '']) => anchor(text));
    expect(headings, `${file}#${heading}`).toContain(heading);
  }
});

const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\w -]/g, '')
    .replaceAll(' ', '-');
