import { describe, expect, test } from 'vitest';
import { parseDockerfile } from '../../../lab/image/dockerfile.ts';
import { parseDockerignore } from '../../../lab/image/dockerignore.ts';

const parse = (text: string) => parseDockerfile(text, 'D');
const instructions = (text: string) => parse(`FROM base:1 AS b\nFROM base:2\n${text}`)[1]?.instructions;

test('reads stages and every instruction, each with the line it begins in', () => {
  const stages = parse(`# A comment.
FROM node:24 AS build

run echo a \\
  # between the lines
  && echo "b  c"
FROM debian:12
WORKDIR /opt
COPY --from=build /a /b ./c/
COPY d .
ENV A=1 B="two words"
LABEL org.x.y='z'
USER 65532:65532
ENTRYPOINT []
CMD ["a", "b c"]
`);
  expect(stages).toStrictEqual([
    {
      name: 'build',
      base: 'node:24',
      line: 2,
      instructions: [{ line: 4, op: 'RUN', command: 'echo a   && echo "b  c"' }],
    },
    {
      name: undefined,
      base: 'debian:12',
      line: 7,
      instructions: [
        { line: 8, op: 'WORKDIR', path: '/opt' },
        { line: 9, op: 'COPY', from: 'build', sources: ['/a', '/b'], target: './c/' },
        { line: 10, op: 'COPY', from: undefined, sources: ['d'], target: '.' },
        { line: 11, op: 'ENV', pairs: { A: '1', B: 'two words' } },
        { line: 12, op: 'LABEL', pairs: { 'org.x.y': 'z' } },
        { line: 13, op: 'USER', user: '65532:65532' },
        { line: 14, op: 'ENTRYPOINT', argv: [] },
        { line: 15, op: 'CMD', argv: ['a', 'b c'] },
      ],
    },
  ]);
});

test('a line is continued as it stands, as docker does', () => {
  expect(instructions('RUN a\\\n  b\\\nc')).toStrictEqual([{ line: 3, op: 'RUN', command: 'a  bc' }]);
  expect(instructions('RUN a \\')).toStrictEqual([{ line: 3, op: 'RUN', command: 'a' }]);
});

test('a stage can be copied from by any later one, and not by itself', () => {
  expect(parse('FROM a AS x\nFROM a AS y\nFROM a\nCOPY --from=x b c')).toHaveLength(3);
  expect(() => parse('FROM a AS x\nCOPY --from=x b c')).toThrow('D:2: COPY: expected an earlier stage');
});

describe('refuses, with the line number, what docker would do and this does not', () => {
  test.each([
    ['', 'D:1: expected FROM first, found nothing'],
    ['RUN a', 'D:1: expected FROM first, found RUN'],
    ['\nFROM', 'D:2: FROM: expected IMAGE [AS NAME], found '],
    ['FROM $BASE', 'D:1: FROM: expected IMAGE [AS NAME], found $BASE'],
    ['FROM --platform=x a', 'D:1: FROM: expected IMAGE [AS NAME], found --platform=x a'],
    ['FROM a AS', 'D:1: FROM: expected IMAGE [AS NAME], found a AS'],
  ])('%j', (text, message) => {
    expect(() => parse(text)).toThrow(message);
  });

  test.each([
    ['EXPOSE 1', 'expected one of FROM, COPY, RUN, WORKDIR, USER, ENV, LABEL, ENTRYPOINT, CMD, found EXPOSE'],
    ['ARG A=1', 'found ARG'],
    ['ADD a b', 'found ADD'],
    ['RUN', 'RUN: expected something behind it, found nothing'],
    ['RUN --mount=type=cache a', 'RUN: expected a plain shell command, found --mount=type=cache'],
    ['RUN ["a"]', 'RUN: expected a plain shell command, found ['],
    ['RUN <<EOF', 'RUN: expected a plain shell command, found <<EOF'],
    ['RUN cat <<-"EOF" > x', 'RUN: expected a plain shell command, found <<-"EOF'],
    ['COPY a', 'COPY: expected SOURCE... TARGET, found a'],
    ['COPY a b c', 'COPY: expected a target that ends with / for several sources, found c'],
    ['COPY *.json ./', 'COPY: expected plain paths without variables, wildcards, quotes and .., found *.json'],
    ['COPY $A ./', 'found $A'],
    ['COPY ../a ./', 'found ../a'],
    ['COPY ["a", "b"]', 'found ["a",'],
    ['COPY --chown=1:1 a b', 'COPY: expected no flag but one --from=STAGE, found --chown=1:1'],
    ['COPY --from=b --link a b', 'COPY: expected no flag but one --from=STAGE, found --from=b --link'],
    ['COPY --from=b --from=b a b', 'COPY: expected no flag but one --from=STAGE, found --from=b --from=b'],
    ['COPY --from=later a b', 'COPY: expected an earlier stage behind --from, found later'],
    ['WORKDIR opt', 'WORKDIR: expected an absolute path without variables, found opt'],
    ['WORKDIR /$A', 'WORKDIR: expected an absolute path without variables, found /$A'],
    ['USER $A', 'USER: expected USER[:GROUP], found $A'],
    ['ENV A 1', 'ENV: expected NAME=VALUE..., found A 1'],
    ['ENV A="1', 'ENV: expected NAME=VALUE..., found A="1'],
    ['ENV A=$B', 'ENV: expected NAME=VALUE without $, found A=$B'],
    ['LABEL x', 'LABEL: expected NAME=VALUE..., found x'],
    ['CMD fairlead run', 'CMD: expected a JSON array of strings, found fairlead run'],
    ['CMD ["a"', 'CMD: expected a JSON array of strings, found ["a"'],
    ['ENTRYPOINT [1]', 'ENTRYPOINT: expected a JSON array of strings, found [1]'],
  ])('%s', (line, message) => {
    expect(() => instructions(line)).toThrow(message);
    expect(() => instructions(line)).toThrow(/^D:3: /);
  });
});

describe('.dockerignore', () => {
  test('sends what it names, and what lies below', () => {
    const isSent = parseDockerignore('# All but:\n*\n\n!src\n!deploy/apt/\n', 'I');
    expect(['src', 'src/a/b.ts', 'deploy/apt/x'].map(isSent)).toStrictEqual([true, true, true]);
    expect(['srcs', 'deploy', 'deploy/Dockerfile', '.git'].map(isSent)).toStrictEqual([false, false, false, false]);
  });

  test.each([
    ['', 'I:1: expected * first, found nothing'],
    ['# a\n!src\n*', 'I:2: expected * first, found !src'],
    ['*\n\nsrc', 'I:3: expected !PATH, found src'],
    ['*\n!src/**', 'I:2: expected !PATH, found !src/**'],
  ])('refuses %j', (text, message) => {
    expect(() => parseDockerignore(text, 'I')).toThrow(message);
  });
});
