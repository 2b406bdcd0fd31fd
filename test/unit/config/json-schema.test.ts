import { globSync, readFileSync } from 'node:fs';
import { Ajv } from 'ajv';
import { array, assert, constant, constantFrom, oneof, property, tuple } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { editorSchema } from '../../../src/config/json-schema.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { EVERY_KEY } from './file-with.ts';

const ROOT = new URL('../../../', import.meta.url);
const KIND = /^kind: FairleadConfig$/m;
const schema = JSON.parse(editorSchema()) as object;
const validate = new Ajv({ strict: true, strictTypes: false, strictRequired: false }).compile(schema);
const isTaken = (raw: unknown): boolean => validate(raw);
const problemsOf = (raw: unknown) => parseConfig(JSON.stringify(raw), 'lb-1', '10.22.108.100').problems;

const SMALL = {
  apiVersion: 'fairlead.io/v1alpha1',
  kind: 'FairleadConfig',
  ranges: ['10.99.66.0/23'],
  bgp: { localAs: 64512, peers: [{ address: '10.22.108.1', as: 64500 }] },
};
const [peer] = SMALL.bgp.peers;
const withPeer = (more: object) => ({ ...SMALL, bgp: { ...SMALL.bgp, peers: [{ ...peer, ...more }] } });

test('the schema that is shipped is the one of now', () => {
  expect(
    JSON.parse(readFileSync(new URL('deploy/fairlead.schema.json', ROOT), 'utf8')),
    'write it anew by `npm run docs`',
  ).toStrictEqual(schema);
});

test('each key has a meaning in plain text, and nothing of it is ours alone', () => {
  expect(editorSchema()).toContain('See docs/bgp.md#weighted-ecmp');
  expect(editorSchema()).not.toMatch(/\]\([a-z-]+\.md|computedDefault/);
});

const filesOf = (pattern: string): [string, string][] =>
  globSync(pattern, { cwd: ROOT }).map((path) => [path, readFileSync(new URL(path, ROOT), 'utf8')]);
const blocks = (text: string): string[] =>
  [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block).filter((block) => KIND.test(block));
const examples: readonly [string, string][] = [
  ['every key', EVERY_KEY],
  ...filesOf('lab/*/config.yaml'),
  ...[...filesOf('docs/**/*.md'), ...filesOf('README.md')].flatMap(([path, text]) =>
    blocks(text).map((block): [string, string] => [path, block]),
  ),
  ...filesOf('deploy/**/*.yaml').filter(([, text]) => KIND.test(text)),
];

test('there are examples', () => {
  expect(examples.length).toBeGreaterThan(6);
});

test.each(examples)('it takes the file in %s', (_name, text) => {
  expect(isTaken(parse(text)), JSON.stringify(validate.errors)).toBe(true);
});

test('it refuses nothing that fairlead takes', () => {
  const raw: unknown = parse(EVERY_KEY);
  const paths = pathsIn(raw).filter(({ length }) => length > 0);
  const change = tuple(constantFrom(...paths), oneof(constant(undefined), constantFrom(...VALUES)));
  let taken = 0;
  assert(
    property(array(change, { minLength: 1, maxLength: 2 }), (changes) => {
      const changed = changes.reduce<unknown>((value, [path, found]) => put(value, path, found), raw);
      if (problemsOf(changed) !== undefined) return;
      taken += 1;
      expect(isTaken(changed), JSON.stringify(validate.errors)).toBe(true);
    }),
    { numRuns: 300 },
  );
  expect(taken).toBeGreaterThan(30);
});

describe('what it refuses is refused by fairlead as well', () => {
  test.each<[string, unknown]>([
    ['nothing', null],
    ['a list', []],
    ['no ranges', { ...SMALL, ranges: undefined }],
    ['no range in the list', { ...SMALL, ranges: [] }],
    ['a range without a length', { ...SMALL, ranges: ['10.99.66.0'] }],
    ['another version', { ...SMALL, apiVersion: 'fairlead.io/v1' }],
    ['an unknown key', { ...SMALL, colour: 'red' }],
    ['an unknown key deep inside', withPeer({ attributes: { metric: 1 } })],
    ['a peer without an AS', withPeer({ as: undefined })],
    ['an AS as a text', withPeer({ as: '64500' })],
    ['an AS that is none', withPeer({ as: 0 })],
    ['both an address and a gateway', withPeer({ gateway: 'ipv4' })],
    ['neither an address nor a gateway', withPeer({ address: undefined })],
    ['an interface without a gateway', withPeer({ interface: 'eth0' })],
    ['another family', withPeer({ families: ['ip'] })],
    ['a duration without a unit', withPeer({ holdTime: '9' })],
    ['a duration as a number', withPeer({ holdTime: 9 })],
    ['a relative path', withPeer({ passwordFile: 'password' })],
    ['another BFD', withPeer({ bfd: '1x1' })],
    ['nodes that are none', withPeer({ nodes: {} })],
    ['two sources', { ...SMALL, source: { manifests: { directory: '/m' }, kubernetes: {} } }],
    ['a check of two kinds', { ...SMALL, health: { checks: [{ name: 'a', tcp: '1.2.3.4:5', exec: ['/bin/true'] }] } }],
    ['a mode that is none', { ...SMALL, dataplane: { mode: 'nat' } }],
    ['yes for true', withPeer({ passive: 'yes' })],
    ['a community of one half', { ...SMALL, announcement: { communities: ['100'] } }],
    ['too many communities', { ...SMALL, announcement: { communities: Array(65).fill('1:1') } }],
  ])('%s', (_name, raw) => {
    const plain: unknown = JSON.parse(JSON.stringify(raw));
    expect(isTaken(plain)).toBe(false);
    expect(problemsOf(plain)).toBeDefined();
  });
  test('and the file they all differ from is taken', () => {
    expect(isTaken(SMALL)).toBe(true);
    expect(problemsOf(SMALL)).toBeUndefined();
  });
});

type Path = readonly (string | number)[];

/** What may stand anywhere. Half of it is right somewhere. */
const VALUES: readonly unknown[] = [
  [undefined, null, true, false, 0, 1, 3, 100, 65_536, '', 'auto', 'off', 'ipvs', 'none', 'mh,mh-port', 'capacity'],
  ['0s', '500ms', '2s', '1h', '10.99.64.0/22', 'FD99:66::/112', '::/0', '10.22.108.7', 'fd00:22:108::7', '64512:7'],
  ['1:2:3', '/x', '127.0.0.1:99', '[0:0::1]:99', 'unix:///x', 'http://[::1]/', '200', 'lb-2', 'a.b/c', '300x3'],
  [[], {}, ['ipv6'], ['10.99.64.0/22'], { prefix: '10.99.64.0/22' }, ['1:2'], { names: ['lb-9'] }, { a: 'b' }],
].flat();

function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const keys: Path = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return [path, ...keys.flatMap((key) => pathsIn(Reflect.get(value, key), [...path, key]))];
}

/** A copy with another value at a path, or without what is there. */
function put(value: unknown, [key, ...rest]: Path, found: unknown): unknown {
  if (key === undefined) return found;
  if (typeof value !== 'object' || value === null) return value;
  const copy: unknown = Array.isArray(value) ? [...value] : { ...value };
  if (typeof copy !== 'object' || copy === null) return value;
  const inside = put(Reflect.get(value, key), rest, found);
  if (inside === undefined && !Array.isArray(copy)) Reflect.deleteProperty(copy, key);
  else if (inside !== undefined) Reflect.set(copy, key, inside);
  return copy;
}
