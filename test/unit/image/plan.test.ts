import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../../lab/image/dockerfile.ts';
import { type Inputs, type Layer, planImage } from '../../../lab/image/plan.ts';

const FILE = `FROM node AS build
WORKDIR /b
COPY a ./
RUN make
FROM debian
LABEL version="1"
ENV LANG=C
COPY b/ /etc/
RUN install
COPY --from=build /b/out /usr/bin/tool
USER nobody
CMD ["tool"]
`;

const DEBIAN = { name: 'debian', from: '12' } as const;
const INPUTS: Inputs = {
  base: (image) => ({ node: [DEBIAN, { name: 'node', from: '24' } as const], debian: [DEBIAN] })[image],
  digest: (path) => ({ a: 'A', b: 'B' })[path],
  salt: '',
};

const plan = (file = FILE, inputs: Partial<Inputs> = {}) =>
  planImage(parseDockerfile(file, 'D'), { ...INPUTS, ...inputs }, 'D');

/** Those layers of a plan that another one has as well, by the lines they come from. */
function shared(file: string, inputs?: Partial<Inputs>): readonly number[] {
  const keys = new Set(plan(file, inputs).flatMap(({ layers }) => layers.map(({ key }) => key)));
  return plan().flatMap(({ layers }) => layers.filter(({ key }) => keys.has(key)).map(({ line }) => line));
}

const summary = (layers: readonly Layer[] = []): unknown => layers.map(({ line, step: { op } }) => [line, op]);

test('has a layer for each part of a base image and for each instruction that changes files', () => {
  const [build, last] = plan();
  expect(summary(build?.layers)).toStrictEqual([
    [1, 'FROM'],
    [1, 'FROM'],
    [2, 'WORKDIR'],
    [3, 'COPY'],
    [4, 'RUN'],
  ]);
  expect(summary(last?.layers)).toStrictEqual([
    [5, 'FROM'],
    [8, 'COPY'],
    [9, 'RUN'],
    [10, 'COPY'],
  ]);
  expect(last?.config).toMatchObject({
    env: { LANG: 'C', PATH: expect.stringContaining('/usr/bin') },
    labels: { version: '1' },
    workdir: '/',
    user: 'nobody',
    cmd: ['tool'],
  });
});

test('a target is resolved against WORKDIR, and keeps its slash, which makes it a folder', () => {
  const [build, last] = plan();
  expect(build?.layers[3]?.step).toMatchObject({ sources: ['a'], target: '/b/' });
  expect(last?.layers[3]?.step).toMatchObject({ from: build?.layers, target: '/usr/bin/tool' });
});

describe('a layer is made again', () => {
  const ALL = [1, 1, 2, 3, 4, 5, 8, 9, 10];
  test.each([
    ['for nothing', FILE, {}, ALL],
    ['not where only a label is another', FILE.replace('"1"', '"2"'), {}, ALL],
    ['where its command is another, and those above it', FILE.replace('install', 'other'), {}, [1, 1, 2, 3, 4, 5, 8]],
    ['where a file that it copies is another', FILE, { digest: () => 'A' }, [1, 1, 2, 3, 4, 5]],
    ['where the stage that it copies from is', FILE.replace('make', 'other'), {}, [1, 1, 2, 3, 5, 8, 9]],
    ['where a command has another environment', FILE.replace('LANG=C', 'LANG=D'), {}, [1, 1, 2, 3, 4, 5, 8]],
    ['where the program that builds is another', FILE, { salt: 'x' }, []],
  ] as const)('%s', (_, file, inputs, lines) => {
    expect(shared(file, inputs)).toStrictEqual(lines);
  });
});

test.each([
  ['FROM alpine', 'D:1: there is no stand-in for the image alpine'],
  ['FROM debian\n\nCOPY c /', 'D:3: COPY: expected a file that is there and that .dockerignore lets through, found c'],
])('names the line of %j', (file, message) => {
  expect(() => plan(file)).toThrow(message);
});
