import { configJsonSchema } from '../../../src/config/schema.ts';

interface Schema {
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly anyOf?: readonly Schema[];
  readonly default?: unknown;
}

/** A key that holds a value, as `bgp.peers[].as`, and its default as the page writes it. */
export type Leaf = readonly [key: string, fallback: string];

/** Every key of the file that holds a value. */
export const schemaLeaves = (): Leaf[] => leaves(configJsonSchema() as Schema, '', true);

function leaves(schema: Schema, path: string, required: boolean): Leaf[] {
  const whole: Leaf = [path, fallbackOf(schema, required)];
  if (schema.properties) return below(schema, path === '' ? '' : `${path}.`);
  // What may be a mapping or something shorter is a leaf itself, and so is each of its keys.
  const items = schema.items ?? schema.anyOf?.find((kind) => kind.items)?.items;
  const kinds = [...(schema.anyOf ?? []), ...(items?.anyOf ?? [])];
  const mapping = items?.properties ? items : kinds.find(({ properties }) => properties);
  if (!mapping) return [whole];
  return [...(kinds.length === 0 ? [] : [whole]), ...below(mapping, items ? `${path}[].` : `${path}.`)];
}

const below = ({ properties = {}, required = [] }: Schema, prefix: string): Leaf[] =>
  Object.entries(properties).flatMap(([key, inside]) => leaves(inside, `${prefix}${key}`, required.includes(key)));

function fallbackOf({ default: value }: Schema, required: boolean): string {
  if (required) return 'required';
  if (value === undefined) return 'none';
  return `\`${typeof value === 'string' ? value : JSON.stringify(value)}\``;
}
