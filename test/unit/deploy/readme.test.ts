import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { obstacleToCluster } from '../../cluster/programs.ts';
import { parsePage } from '../docs/markdown.ts';
import { comparable, configIn, kustomizedIn, named, objectsIn, obstacleToHelm, templated } from './render.ts';
import { schemaProblems } from './schema.ts';

const PAGE = 'deploy/README.md';
const KUSTOMIZE = join(CHECKOUT, 'deploy/kustomize');

/** The blocks of the page that are files, by the name in their first line. */
async function files(): Promise<Map<string, string>> {
  const { blocks } = parsePage(PAGE, await readFile(join(CHECKOUT, PAGE), 'utf8'));
  return new Map(
    blocks.flatMap(({ text }) => [...text.matchAll(/^# (\S+\.yaml)\n/g)].map(([, name = '']) => [name, text])),
  );
}

let folder: string;
beforeEach(async ({ skip }) => {
  const obstacle = obstacleToCluster() ?? obstacleToHelm();
  if (obstacle !== undefined) skip(obstacle);
  folder = await mkdtemp(join(tmpdir(), 'fairlead-readme-'));
});
afterEach(() => rm(folder, { recursive: true }));

test('the overlay of the page and its values for helm come to the same', async () => {
  const shown = await files();
  expect([...shown.keys()]).toStrictEqual(['kustomization.yaml', 'config.yaml', 'api-server.yaml', 'my-values.yaml']);
  await cp(KUSTOMIZE, join(folder, 'deploy/kustomize'), { recursive: true });
  const mine = join(folder, 'my-cluster');
  await mkdir(mine);
  for (const [name, text] of shown) await writeFile(join(mine, name), text);
  const objects = objectsIn(await kustomizedIn(mine));
  const charted = objectsIn(await templated('--values', join(mine, 'my-values.yaml')));

  expect(objects.flatMap(schemaProblems)).toStrictEqual([]);
  expect(JSON.stringify(objects)).toContain('"image":"registry.example/fairlead:0.1.0"');
  expect(JSON.stringify(objects)).not.toContain('10.22.108.10"');
  expect(parseConfig(configIn(objects), 'lb-1', '10.22.108.100')).toMatchObject({
    config: { ranges: ['10.99.66.0/23'] },
  });
  const { 'Namespace fairlead': _namespace, ...expected } = named(objects.map(comparable));
  expect(sorted(named(charted.map(comparable)))).toStrictEqual(sorted(expected));
});

/** Kustomize puts what a patch has of `env` first, and the order means nothing. */
const sorted = (objects: object): unknown =>
  JSON.parse(JSON.stringify(objects), (key, value: unknown) =>
    key === 'env' && Array.isArray(value) ? value.map((one) => JSON.stringify(one)).toSorted() : value,
  );
