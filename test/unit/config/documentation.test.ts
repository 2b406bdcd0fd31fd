import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { configJsonSchema } from '../../../src/config/schema.ts';

const page = readFileSync(new URL('../../../docs/configuration.md', import.meta.url), 'utf8');

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
}

type Row = [key: string, fallback: string];

/** Every key that holds a value, with its default as the page writes it. */
function leaves(schema: Schema, path: string, required: boolean): Row[] {
  const whole: Row = [path, fallbackOf(schema, required)];
  if (schema.properties) return below(schema, path === '' ? '' : `${path}.`);
  // What may be a mapping or something shorter has a row for itself and one for each of its keys.
  const kinds = [...(schema.anyOf ?? []), ...(schema.items?.anyOf ?? [])];
  const mapping = schema.items?.properties ? schema.items : kinds.find(({ properties }) => properties);
  if (!mapping) return [whole];
  return [...(kinds.length === 0 ? [] : [whole]), ...below(mapping, schema.items ? `${path}[].` : `${path}.`)];
}

const below = ({ properties = {}, required = [] }: Schema, prefix: string): Row[] =>
  Object.entries(properties).flatMap(([key, inside]) => leaves(inside, `${prefix}${key}`, required.includes(key)));

function fallbackOf({ default: value }: Schema, required: boolean): string {
  if (required) return 'required';
  if (value === undefined) return 'none';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}

/** Defaults that are no constant, so that the schema cannot hold them. */
const COMPUTED = new Map([
  ['cluster.namespace', '`$POD_NAMESPACE`'],
  ['bgp.routerId', '`$NODE_IP`'],
  ['bgp.listenAddresses', '`[bgp.routerId]`'],
]);

test('the table names every key of the schema with its default, and no other', () => {
  const table = [...page.matchAll(/^\| `(.+?)` +\| (.+?) +\|/gm)].map(([, key, fallback]) => [key, fallback]);
  const schema = leaves(configJsonSchema() as Schema, '', true);
  expect(table).toStrictEqual(schema.map(([key, fallback]) => [key, COMPUTED.get(key) ?? fallback]));
});

test('the example is a file that fairlead takes', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  expect(parseConfig(example, 'lb-1')).toHaveProperty('config');
});
