import { expect, test } from 'vitest';
import {
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

test('the first file by name keeps an object that stands in two', () => {
  const { services, skipped } = mergeFiles([
    file('b.yaml', service('web', '10.99.66.2')),
    file('a.yaml', service('web', '10.99.66.1')),
  ]);
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
  const { services, skipped } = mergeFiles([after]);
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
