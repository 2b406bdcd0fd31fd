import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeEndpointSlice, decodeService } from '../../../src/source/decode.ts';
import { parseDocuments } from '../../../src/source/documents.ts';

const documents = (text: string) => [...parseDocuments(text)];
const kinds = (text: string) =>
  documents(text)
    .flatMap(({ objects }) => objects ?? [])
    .map(({ kind }) => kind);
const problems = (text: string) => documents(text).flatMap(({ problem }) => problem ?? []);

const SERVICE = 'apiVersion: v1\nkind: Service\nmetadata: {name: web}\n';
const SLICE = 'apiVersion: discovery.k8s.io/v1\nkind: EndpointSlice\nmetadata: {name: web-x1}\n';

describe('what counts', () => {
  test.each([
    ['one document', SERVICE, ['Service']],
    ['a stream of documents', `---\n${SERVICE}---\n# nothing\n---\n${SLICE}---\n`, ['Service', 'EndpointSlice']],
    ['windows line ends', SERVICE.replaceAll('\n', '\r\n'), ['Service']],
    ['JSON', '{"apiVersion":"v1","kind":"Service"}', ['Service']],
    ['JSON with a trailing comma, which is YAML', '{"apiVersion":"v1","kind":"Service",}', ['Service']],
    [
      'a List',
      `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Service"},{"apiVersion":"v1","kind":"Pod"},7]}`,
      ['Service'],
    ],
    [
      'a ServiceList, whose items name no kind',
      'apiVersion: v1\nkind: ServiceList\nitems: [{}, {}]',
      ['Service', 'Service'],
    ],
    [
      'an EndpointSliceList',
      'apiVersion: discovery.k8s.io/v1\nkind: EndpointSliceList\nitems: [{}]',
      ['EndpointSlice'],
    ],
    ['a Node', 'apiVersion: v1\nkind: Node', ['Node']],
    ['a list without items', 'apiVersion: v1\nkind: ServiceList\nitems: null', []],
    ['other kinds', 'apiVersion: apps/v1\nkind: Deployment', []],
    ['a Service of Knative', 'apiVersion: serving.knative.dev/v1\nkind: Service', []],
    ['an old EndpointSlice, which has another shape', 'apiVersion: discovery.k8s.io/v1beta1\nkind: EndpointSlice', []],
    ['nothing at all', '', []],
    ['comments only', '# nothing\n---\n# here\n', []],
  ])('%s', (_title, text, expected) => {
    expect(kinds(text)).toStrictEqual(expected);
    expect(problems(text)).toStrictEqual([]);
  });
});

describe('what is refused, with its place', () => {
  test.each([
    ['broken YAML', `${SERVICE}---\nkind: [1,\n---\n${SLICE}`, { line: 6, column: 1 }],
    ['broken JSON', '{\n  "kind": "Service"\n  "apiVersion": "v1"\n}', { line: 3 }],
    ['a key twice', `${SERVICE}kind: Service\n`, { line: 4, column: 1, detail: 'Map keys must be unique' }],
    ['a text', `${SERVICE}---\nhello\n`, { line: 5, column: 1, detail: 'expected a Kubernetes object, found "hello"' }],
    ['a list', '[1]', { line: 1, column: 1, detail: 'expected a Kubernetes object, found a list' }],
    ['no kind', 'apiVersion: v1', { detail: 'expected a Kubernetes object, found one without kind' }],
    [
      'no apiVersion',
      '\nkind: Service',
      { line: 2, detail: 'expected a Kubernetes object, found one without apiVersion' },
    ],
    ['an alias to nowhere', 'kind: *x', { line: 1, column: 1 }],
  ])('%s', (_title, text, problem) => {
    expect(problems(text)[0]).toMatchObject(problem);
  });

  test('a bomb of aliases', () => {
    const rows = Array.from({ length: 9 }, (_, i) => `k${i + 1}: &k${i + 1} [${`*k${i},`.repeat(9)}]`);
    expect(problems(`k0: &k0 x\n${rows.join('\n')}`)).toMatchObject([
      { detail: expect.stringContaining('alias') as string },
    ]);
  });
});

test('an anchor inside of itself reaches the decoders and stops nothing', () => {
  const text = `${SERVICE}spec: &s {clusterIP: *s, ports: [*s], clusterIPs: [*s]}\n`;
  const [object] = documents(text).flatMap(({ objects }) => objects ?? []);
  expect(decodeService(object?.raw).value).toBeUndefined();
  expect(decodeEndpointSlice(object?.raw).value).toBeUndefined();
});

test('nothing throws, whatever the text is', () => {
  const text = fc.oneof(
    fc.string({ unit: 'grapheme' }),
    fc.json(),
    fc
      .array(fc.constantFrom('- ', '---\n', '{', '}', ': ', '&a ', '*a ', '\n', 'kind', '"', '|\n', '\t'))
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (one) => void documents(one)),
    { numRuns: 500 },
  );
});
