import { globSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/** One row of the table in docs/architecture.md. */
interface Row {
  readonly folder: string;
  /** Folders below src/, a part of one as `dataplane/netlink`. */
  readonly mayImport: readonly string[];
  /** Whether the table calls a file pure, by its name inside the folder. */
  readonly isPure: (file: string) => boolean;
}

/** Every source file by its path from the root. */
type Sources = ReadonlyMap<string, string>;

const codeIn = (cell: string): string[] => [...cell.matchAll(/`([^`]+)`/g)].map(([, code = '']) => code);

function tableOf(page: string): Row[] {
  const cells = [...page.matchAll(/^\| `(\w+)\/` *\|.*?\| (.*?) *\| (.*?) *\|$/gm)];
  return cells.map(([, folder = '', imports = '', pure = ''], index) => {
    const above = cells.slice(0, index).map(([, name = '']) => name);
    return { folder, mayImport: imports === 'all above' ? above : codeIn(imports), isPure: pureNames(pure) };
  });
}

function pureNames(cell: string): Row['isPure'] {
  const named = new Set(codeIn(cell));
  const but = cell.startsWith('all but ');
  if (cell === 'all' || but) return (file) => !but || !named.has(file);
  return (file) => named.has(file);
}

/** Packages that only compute: they read no clock and no file, and keep nothing. */
const COMPUTES = new Set(['zod', 'yaml', 'prom-client', 'node:util']);
const IMPURE_WORDS =
  /\b(Date\.now|new Date\(\)|performance\.|Math\.random|crypto\.|process\.|setTimeout|setInterval|setImmediate|fetch\()/;
const LONGEST = 300;

/** What a set of sources does against the table, one line for each. */
function violations(sources: Sources, table: readonly Row[]): string[] {
  return [...sources].flatMap(([file, text]) => {
    const folder = file.split('/')[1] ?? '';
    const row = table.find((one) => one.folder === folder);
    if (row === undefined) return [`${file}: no row for ${folder}/`];
    return [...badImports(file, text, row), ...impurities(file, text, row), ...tooLong(file, text)];
  });
}

const importsOf = (text: string): string[] =>
  [...text.matchAll(/(?:^(?:import|export)\b[^;]*?\bfrom |\bimport\(|^import )'([^']+)'/gm)].map(
    ([, from = '']) => from,
  );

function badImports(file: string, text: string, { folder, mayImport }: Row): string[] {
  return importsOf(text)
    .filter((from) => from.startsWith('.'))
    .map((from) => normalize(join(dirname(file), from)))
    .filter((target) => !isAllowed(target, [folder, ...mayImport]))
    .map((target) => `${file}: imports ${target}`);
}

/** The package's own version is no part of any folder. */
const isAllowed = (target: string, folders: readonly string[]): boolean =>
  target === 'package.json' || folders.some((folder) => target.startsWith(`src/${folder}/`));

function impurities(file: string, text: string, { isPure }: Row): string[] {
  if (!isPure(file.split('/').at(-1) ?? '')) return [];
  const outside = importsOf(text).filter((from) => !from.startsWith('.') && !COMPUTES.has(from));
  const word = IMPURE_WORDS.exec(withoutComments(text))?.[1];
  return [
    ...outside.map((from) => `${file}: is pure and imports ${from}`),
    ...(word === undefined ? [] : [`${file}: is pure and says ${word}`]),
  ];
}

const withoutComments = (text: string): string => text.replace(/\/\*[^]*?\*\/|\/\/.*$/gm, '');

function tooLong(file: string, text: string): string[] {
  const lines = text.trimEnd().split('\n').length;
  return lines <= LONGEST || file.includes('/gen/') ? [] : [`${file}: ${lines} lines`];
}

const table = tableOf(readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8'));
const sources: Sources = new Map(
  globSync('src/**/*.ts', { cwd: ROOT }).map((file) => [file, readFileSync(join(ROOT, file), 'utf8')]),
);

test('every folder of src has a row in docs/architecture.md, and every row a folder', () => {
  const folders = readdirSync(join(ROOT, 'src'));
  expect(table.map(({ folder }) => folder).toSorted()).toStrictEqual(folders.toSorted());
});

test('every import, pure file and length in src is as docs/architecture.md says', () => {
  expect(sources.size).toBeGreaterThan(50);
  expect(violations(sources, table)).toStrictEqual([]);
});

test('every folder that a row allows exists', () => {
  const missing = table
    .flatMap(({ mayImport }) => mayImport)
    .filter((folder) => ![...sources.keys()].some((file) => file.startsWith(`src/${folder}/`)));
  expect(missing).toStrictEqual([]);
});

test('every name in the last column is that of a file', () => {
  const page = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const named = [...page.matchAll(/^\| `(\w+)\/` .*\| (.*?) *\|$/gm)].flatMap(([, folder = '', pure = '']) =>
    codeIn(pure).map((name) => ({ folder, name })),
  );
  const absent = named.filter(
    ({ folder, name }) =>
      ![...sources.keys()].some((file) => file.startsWith(`src/${folder}/`) && file.endsWith(`/${name}`)),
  );
  expect(absent).toStrictEqual([]);
});

describe('the checker itself', () => {
  const PAGE = `
| folder | job | may import | pure |
| ------ | --- | ---------- | ---- |
| \`model/\` | words | | all |
| \`kernel/\` | tables | \`model\` | \`plan.ts\` |
| \`health/\` | checks | \`model\` \`kernel/netlink\` | all but \`load.ts\` |
| \`agent/\` | wires | all above | |
`;
  const check = (file: string, text: string): string[] => violations(new Map([[file, text]]), tableOf(PAGE));

  test.each([
    ['src/kernel/a.ts', "import { x } from '../model/x.ts';", []],
    ['src/model/a.ts', "import type { x } from '../kernel/x.ts';", ['src/model/a.ts: imports src/kernel/x.ts']],
    ['src/model/a.ts', "export * from '../kernel/x.ts';", ['src/model/a.ts: imports src/kernel/x.ts']],
    ['src/model/a.ts', "import {\n  x,\n} from '../kernel/x.ts';", ['src/model/a.ts: imports src/kernel/x.ts']],
    ['src/kernel/a.ts', "const { x } = await import('../agent/x.ts');", ['src/kernel/a.ts: imports src/agent/x.ts']],
    ['src/kernel/deep/a.ts', "import '../../health/x.ts';", ['src/kernel/deep/a.ts: imports src/health/x.ts']],
    ['src/health/a.ts', "import { x } from '../kernel/netlink/x.ts';", []],
    ['src/health/a.ts', "import { x } from '../kernel/x.ts';", ['src/health/a.ts: imports src/kernel/x.ts']],
    ['src/agent/a.ts', "import { x } from '../health/x.ts';\nimport { y } from '../model/y.ts';", []],
    ['src/agent/a.ts', "import { x } from '../../test/x.ts';", ['src/agent/a.ts: imports test/x.ts']],
    ['src/agent/a.ts', "import { x } from '../../lab/x.ts';", ['src/agent/a.ts: imports lab/x.ts']],
    ['src/other/a.ts', '', ['src/other/a.ts: no row for other/']],
  ])('of %s with %j it says %j', (file, text, found) => {
    expect(check(file, text)).toStrictEqual(found);
  });

  test.each([
    ['src/model/a.ts', "import { readFileSync } from 'node:fs';", ['src/model/a.ts: is pure and imports node:fs']],
    ['src/model/a.ts', "import { pino } from 'pino';", ['src/model/a.ts: is pure and imports pino']],
    ['src/model/a.ts', "import { z } from 'zod';", []],
    ['src/kernel/deep/plan.ts', 'const at = Date.now();', ['src/kernel/deep/plan.ts: is pure and says Date.now']],
    ['src/kernel/plan.ts', '// unlike Date.now(), this is pure', []],
    ['src/kernel/plan.ts', '// why\nprocess.exit();', ['src/kernel/plan.ts: is pure and says process.']],
    ['src/kernel/apply.ts', 'const at = Date.now();', []],
    ['src/health/check.ts', 'setTimeout(f, 1);', ['src/health/check.ts: is pure and says setTimeout']],
    ['src/health/load.ts', 'const env = process.env;', []],
    ['src/model/a.ts', 'const x = Math.random();', ['src/model/a.ts: is pure and says Math.random']],
  ])('of the purity of %s with %j it says %j', (file, text, found) => {
    expect(check(file, text)).toStrictEqual(found);
  });

  test('it tells a file of 301 lines from one of 300', () => {
    expect(check('src/agent/a.ts', 'x\n'.repeat(300))).toStrictEqual([]);
    expect(check('src/agent/a.ts', 'x\n'.repeat(301))).toStrictEqual(['src/agent/a.ts: 301 lines']);
  });
});
