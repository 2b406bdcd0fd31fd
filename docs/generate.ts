// `npm run docs`: writes what follows from the schema of the configuration, which is the only place where a key is described,
// and from the alerts.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { editorSchema } from '../src/config/json-schema.ts';
import { referenceTable } from '../src/config/reference.ts';
import { CHART_SCHEMA, chartSchema } from './chart-schema.ts';
import { ALERTS, PROMETHEUS_RULE, prometheusRule } from './prometheus-rule.ts';

const ROOT = join(import.meta.dirname, '..');
const PAGE = join(ROOT, 'docs/configuration.md');
const SCHEMA = join(ROOT, 'deploy/fairlead.schema.json');
const CHART = join(ROOT, CHART_SCHEMA);
const RULE = join(ROOT, PROMETHEUS_RULE);

/** The table stands between two comments of the page. */
const TABLE = /(?<=<!-- keys: written by `npm run docs` -->\n\n).*?(?=\n\n<!-- end of keys -->)/s;

await writeFile(
  PAGE,
  (await readFile(PAGE, 'utf8')).replace(TABLE, () => referenceTable()),
);
await writeFile(SCHEMA, editorSchema());
await writeFile(CHART, chartSchema(await readFile(CHART, 'utf8')));
await writeFile(RULE, prometheusRule(await readFile(join(ROOT, ALERTS), 'utf8')));
await execa('oxfmt', [PAGE, SCHEMA, CHART, RULE], { preferLocal: true, localDir: ROOT, stdio: 'inherit' });
