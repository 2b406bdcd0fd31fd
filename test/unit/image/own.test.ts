import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { planOwnImage } from '../../../lab/image/build.ts';
import { imageCommand } from '../../../lab/images.ts';
import { CHECKOUT } from '../../../lab/machine/place.ts';
import { readPod } from '../../kernel/image/daemonset.ts';

const text = (path: string): string => readFileSync(join(CHECKOUT, path), 'utf8');
const mirrors = { archive: 'http://mirror.invalid/debian', security: undefined };

interface Package {
  readonly version: string;
  readonly license: string;
}

test('deploy/Dockerfile is understood, its bases have a stand-in, and docker is sent all that it copies', () => {
  const [build, last, ...others] = planOwnImage(mirrors);
  expect(others).toStrictEqual([]);
  const parts = (stage: typeof build): unknown =>
    stage?.layers.flatMap(({ step }) => (step.op === 'FROM' ? [step.part] : []));
  expect(parts(build)).toStrictEqual(['debian', 'node']);
  expect(parts(last)).toStrictEqual(['debian']);
});

test('the labels say what package.json says', () => {
  const { license, version } = JSON.parse(text('package.json')) as Package;
  expect(planOwnImage(mirrors).at(-1)?.config.labels).toMatchObject({
    'org.opencontainers.image.version': version,
    'org.opencontainers.image.licenses': license,
  });
});

test('Dockerfile, DaemonSet and lab agree on what a container starts: words that begin with a program in PATH', () => {
  const { cmd, entrypoint } = planOwnImage(mirrors).at(-1)?.config ?? {};
  expect(entrypoint).toStrictEqual([]);
  const { topology } = parse(text('lab/fairlead.clab.yml')) as {
    topology: { groups: Record<string, { cmd?: string }> };
  };
  const started = readPod().containers.flatMap(({ command, init }) => (init ? [] : [command]));
  for (const words of started) {
    expect(words[0]).toBe(cmd?.[0]);
    expect(imageCommand('fairlead:dev', words)).toStrictEqual(words);
  }
  const inLab = ['gobgp', 'lb'].map((group) => topology.groups[group]?.cmd);
  expect(started.map((words) => words.join(' '))).toStrictEqual(inLab);
});
