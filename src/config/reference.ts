import { configJsonSchema, type JsonSchema } from './json-schema.ts';

/** A key that holds a value, as `bgp.peers[].as`, with its default and its meaning in Markdown. */
export interface ReferenceRow {
  readonly key: string;
  readonly fallback: string;
  readonly meaning: string;
}

/** Every key of the file that holds a value, in the order of the schema. */
export const configReference = (): ReferenceRow[] => leaves(configJsonSchema(), '', true);

/** The same as a table in Markdown, without padding. */
export const referenceTable = (): string =>
  [
    '| key | default | meaning |',
    '| --- | --- | --- |',
    ...configReference().map(({ fallback, key, meaning }) => `| \`${key}\` | ${fallback} | ${meaning} |`),
  ].join('\n');

function leaves(schema: JsonSchema, path: string, required: boolean): ReferenceRow[] {
  const whole = { key: path, fallback: fallbackOf(schema, required), meaning: schema.description ?? '' };
  if (schema.properties) return below(schema, path === '' ? '' : `${path}.`);
  // What may be a mapping or something shorter is a leaf itself, and so is each of its keys.
  const items = schema.items ?? schema.anyOf?.find((kind) => kind.items)?.items;
  const kinds = [...(schema.anyOf ?? []), ...(items?.anyOf ?? [])];
  const mapping = items?.properties ? items : kinds.find(({ properties }) => properties);
  if (!mapping) return [whole];
  return [...(kinds.length === 0 ? [] : [whole]), ...below(mapping, items ? `${path}[].` : `${path}.`)];
}

const below = ({ properties = {}, required = [] }: JsonSchema, prefix: string): ReferenceRow[] =>
  Object.entries(properties).flatMap(([key, inside]) => leaves(inside, `${prefix}${key}`, required.includes(key)));

function fallbackOf({ computedDefault, default: value }: JsonSchema, required: boolean): string {
  if (computedDefault !== undefined) return `\`${computedDefault}\``;
  if (required) return 'required';
  if (value === undefined) return 'none';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
