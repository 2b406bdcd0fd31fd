import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseWithin } from '../../../src/config/config-map.ts';
import { invalid } from '../../../src/config/load.ts';
import { parseConfig } from '../../../src/config/parse.ts';
import { formatProblem } from '../../../src/config/problem.ts';
import { EVERY_KEY, fileWith } from './file-with.ts';

const parse = (text: string) => parseWithin(text, (inner) => parseConfig(inner, 'lb-1'));
const problemsOf = (text: string): string[] =>
  (parse(text).problems ?? []).map((problem) => formatProblem('f.yaml', problem));

const HEAD = `apiVersion: v1
kind: ConfigMap
metadata: { name: fairlead }
data:
  other: |
    kind: FairleadConfig
`;
const indented = (text: string, by: number): string => text.replaceAll(/^(?=.)/gm, ' '.repeat(by));
const GOOD = fileWith({});
/** Faults at 3:10 and 6:1. */
const BAD = fileWith({ ranges: '10.99.66.0', rest: '\nrangs: []' });
const [RANGE, RANGS] = ['ranges[0]: expected ', 'rangs: expected a known key (did you mean ranges?)'];

/** The place of each problem, and how its sentence begins. */
const expectProblems = (text: string, ...expected: readonly string[]): void =>
  expect(problemsOf(text)).toStrictEqual(expected.map((one) => expect.stringContaining(`f.yaml:${one}`)));

describe('of the manifest of a ConfigMap', () => {
  test.each([GOOD, EVERY_KEY])('a good file is what stands below config.yaml', (file) => {
    const manifest = `${HEAD}  config.yaml: |\n${indented(file, 4)}`;
    expect(parse(manifest)).toStrictEqual(parseConfig(file, 'lb-1'));
    expect(parse(manifest)).toHaveProperty('config');
  });

  test('line and column are those of the manifest', () => {
    expectProblems(BAD, `3:10 ${RANGE}`, `6:1 ${RANGS}`);
    expectProblems(`${HEAD}  config.yaml: |\n${indented(BAD, 4)}`, `10:14 ${RANGE}`, `13:5 ${RANGS}`);
    expectProblems(`${HEAD}  config.yaml: |-\n${indented(BAD, 7)}`, `10:17 ${RANGE}`, `13:8 ${RANGS}`);
  });

  test('also behind a comment, an empty line, an indentation that is told, and carriage returns', () => {
    const manifest = `${HEAD}  config.yaml: |2 # mine\n\n${indented(BAD, 4)}`;
    expectProblems(manifest, `11:14 ${RANGE}`, `14:5 ${RANGS}`);
    expectProblems(manifest.replaceAll('\n', '\r\n'), `11:14 ${RANGE}`, `14:5 ${RANGS}`);
  });

  test('also of what is no YAML inside', () => {
    expectProblems(`${HEAD}  config.yaml: |\n    bgp:\n    \tlocalAs: 1\n`, '9:5 expected spaces before a key');
    expectProblems(`${HEAD}  config.yaml: |\n    a: 1\n    b: *x\n`, '9:8 expected an anchor `&x` before it');
  });

  test.each([
    ['quoted', JSON.stringify(BAD)],
    ['folded', `>\n${indented(BAD.replaceAll('\n', '\n\n'), 4)}`],
  ])('of a %s text the place of the whole is told', (_, scalar) => {
    expectProblems(`${HEAD}  config.yaml: ${scalar}\n`, `7:16 ${RANGE}`, `7:16 ${RANGS}`);
  });

  test.each([
    ['no such key', '', '5:3 data["config.yaml"]: expected a text, as behind `config.yaml: |`, found nothing'],
    ['a mapping', '  config.yaml:\n    ranges: []\n', '8:5 data["config.yaml"]: expected a text'],
  ])('that has %s is told', (_, entry, problem) => {
    expectProblems(HEAD + entry, problem);
  });

  test('it is found among other documents', () => {
    const manifest = `kind: Namespace\n---\n${HEAD}---\n${HEAD}  config.yaml: |\n${indented(BAD, 4)}---\nkind: Role\n`;
    expectProblems(manifest, `19:14 ${RANGE}`, `22:5 ${RANGS}`);
  });

  test('what is no YAML itself is told of by its own place', () => {
    expectProblems(`${HEAD}  other: again\n`, '7:3 expected each key once');
  });
});

test('never throws, whatever is in it', () => {
  const text = fc.oneof(fc.string({ unit: 'grapheme' }), fc.json());
  fc.assert(fc.property(text, (value) => void parse(`kind: ConfigMap\ndata: ${value}`)));
  fc.assert(fc.property(text, (value) => void parse(`${HEAD}  config.yaml: ${value}`)));
  fc.assert(fc.property(text, (value) => void parse(`${HEAD}  config.yaml: |\n    ${value}`)));
});

test('of many problems the first are told, and how many more there are', () => {
  const keys = Array.from({ length: 23 }, (_, index) => `key${index}: 1`);
  const problems = parse(fileWith({ rest: keys.join('\n') })).problems ?? [];
  expect(problems).toHaveLength(23);
  const said = invalid(problems, 'f.yaml').message.split('\n');
  expect(said.slice(18)).toStrictEqual([
    expect.stringContaining('f.yaml:23:1 key18'),
    expect.stringContaining('f.yaml:24:1 key19'),
    'and 3 more',
  ]);
  expect(invalid(problems.slice(0, 20), 'f.yaml').message).toMatch(/key19[^\n]*$/);
});
