// `npm run docs`: writes what follows from the schema of the configuration, which is the only place where a key is described.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { editorSchema } from '../src/config/json-schema.ts';
import { referenceTable } from '../src/config/reference.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/configuration.md');
const SCHEMA = join(ROOT, 'deploy/fairlead.schema.json');

/** The table stands between two comments of the page. */
const TABLE = /(?<=<!-- keys: written by `npm run docs` -->\n\n).*?(?=\n\n<!-- end of keys -->)/s;

await writeFile(
  PAGE,
  (await readFile(PAGE, 'utf8')).replace(TABLE, () => referenceTable()),
);
await writeFile(SCHEMA, editorSchema());
await execa('oxfmt', [PAGE, SCHEMA], { preferLocal: true, localDir: ROOT, stdio: 'inherit' });
