import { describe, expect, test } from 'vitest';
import { NO_MARKS } from '../../../src/model/drain.ts';
import {
  changedServices,
  contentOf,
  describeProblems,
  type ManifestFile,
  mergeFiles,
  nextFile,
} from '../../../src/source/manifest-file.ts';

const service = (name: string, address: string) => ({
  kind: 'Service' as const,
  raw: { metadata: { name }, spec: { clusterIP: address } },
});
const file = (name: string, ...objects: Parameters<typeof contentOf>[0]): ManifestFile => ({
  name,
  digest: '1',
  content: contentOf(objects),
  problem: undefined,
});
const slice = (name: string, of: string, address: string) => ({
  kind: 'EndpointSlice' as const,
  raw: {
    metadata: { name, labels: { 'kubernetes.io/service-name': of } },
    addressType: 'IPv4',
    endpoints: [{ addresses: [address] }],
  },
});
const node = (name: string, zone: string) => ({
  kind: 'Node' as const,
  raw: { metadata: { name, labels: { 'topology.kubernetes.io/zone': zone } } },
});
const merged = (...files: ManifestFile[]) => mergeFiles(files, 'lb-1');

test('the first file by name keeps an object that stands in two', () => {
  const { services, skipped } = merged(
    file('b.yaml', service('web', '10.99.66.2')),
    file('a.yaml', service('web', '10.99.66.1')),
  );
  expect(services.get('default/web')?.clusterIPs).toStrictEqual(['10.99.66.1']);
  expect(skipped).toStrictEqual([
    {
      object: 'Service default/web',
      reason: 'object-invalid',
      detail: 'stands in a.yaml and again in b.yaml; the first counts',
    },
  ]);
});

test('what a file could not say is reported beside what it said before', () => {
  const before = file('a.yaml', service('web', '10.99.66.1'), service('bad', 'x'));
  const after = nextFile({ name: 'a.yaml', digest: '2' }, { problem: 'a.yaml:3:1 broken' }, before);
  const { services, skipped } = merged(after);
  expect([...services.keys()]).toStrictEqual(['default/web']);
  expect(skipped).toMatchObject([
    { object: 'file a.yaml', reason: 'file-invalid', detail: 'a.yaml:3:1 broken' },
    { object: 'Service default/bad' },
  ]);
});

test('a file that becomes empty keeps its objects, for so a half-written one looks; one that always was is fine', () => {
  const before = file('a.yaml', service('web', '10.99.66.1'));
  expect(nextFile({ name: 'a.yaml', digest: '2' }, contentOf([]), before)).toStrictEqual({
    ...before,
    digest: '2',
    problem: 'a.yaml has become empty; delete it to take its objects away',
  });
  expect(nextFile({ name: 'a.yaml', digest: '2' }, contentOf([]), undefined).problem).toBeUndefined();
});

test('several problems are told as the first and a count', () => {
  const problem = { line: 3, column: 7, detail: 'broken' };
  expect(describeProblems('a.yaml', [problem])).toBe('a.yaml:3:7 broken');
  expect(describeProblems('a.yaml', [problem, problem, problem])).toBe('a.yaml:3:7 broken (and 2 more)');
});

test('slices stand with their Service, in whichever files they are', () => {
  const { slices } = merged(
    file('b.yaml', slice('web-2', 'web', '10.1.0.2'), slice('dns-1', 'dns', '10.1.0.3')),
    file('a.yaml', slice('web-1', 'web', '10.1.0.1')),
  );
  expect([...slices].map(([key, group]) => [key, group.map(({ name }) => name)])).toStrictEqual([
    ['default/web', ['web-1', 'web-2']],
    ['default/dns', ['dns-1']],
  ]);
});

test('zone and labels are those of the Node with the name of this one', () => {
  expect(merged(file('a.yaml', node('lb-2', 'zone-b'), node('lb-1', 'zone-a')))).toMatchObject({
    zone: 'zone-a',
    labels: { 'topology.kubernetes.io/zone': 'zone-a' },
  });
  expect(merged(file('a.yaml', node('lb-2', 'zone-b')))).toMatchObject({ zone: undefined, labels: undefined });
});

test('what is said of maintenance is what that Node says, and nothing where there is none', () => {
  const marked = node('lb-1', 'zone-a');
  const drain = { metadata: { ...marked.raw.metadata, annotations: { 'fairlead.io/drain': 'true' } } };
  const file1 = file('a.yaml', node('lb-2', 'zone-b'), { ...marked, raw: drain });
  expect(merged(file1).marks).toStrictEqual({ ...NO_MARKS, drain: true });
  expect(mergeFiles([file1], 'lb-2').marks).toStrictEqual(NO_MARKS);
  expect(mergeFiles([file1], 'lb-3').marks).toStrictEqual(NO_MARKS);
});

describe('of two snapshots the Services are told apart', () => {
  const web = service('web', '10.99.66.1');
  const dns = service('dns', '10.99.66.2');
  const before = merged(file('a.yaml', web, dns, slice('web-1', 'web', '10.1.0.1')));
  const changed = (...objects: Parameters<typeof contentOf>[0]) =>
    [...changedServices(before, merged(file('a.yaml', ...objects)))].toSorted();

  test.each([
    ['nothing', [web, dns, slice('web-1', 'web', '10.1.0.1')], []],
    ['a Service of its own', [web, service('dns', '10.99.66.3'), slice('web-1', 'web', '10.1.0.1')], ['default/dns']],
    ['an endpoint', [web, dns, slice('web-1', 'web', '10.1.0.2')], ['default/web']],
    ['a slice that goes over', [web, dns, slice('web-1', 'dns', '10.1.0.1')], ['default/dns', 'default/web']],
    ['a slice that comes', [web, dns, slice('web-1', 'web', '10.1.0.1'), slice('x', 'x', '10.1.0.9')], ['default/x']],
    ['a Service that goes', [web, slice('web-1', 'web', '10.1.0.1')], ['default/dns']],
    ['the zone', [web, dns, slice('web-1', 'web', '10.1.0.1'), node('lb-1', 'zone-a')], ['default/dns', 'default/web']],
  ])('%s', (_title, objects, keys) => {
    expect(changed(...objects)).toStrictEqual(keys);
  });
});
