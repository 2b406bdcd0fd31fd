import { z } from 'zod';
import { configFile } from './schema.ts';

/** As much of JSON Schema as the file needs to be described. */
export interface JsonSchema {
  readonly description?: string;
  readonly default?: unknown;
  /** In words, where it is not the same everywhere. */
  readonly computedDefault?: string;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly items?: JsonSchema;
  readonly anyOf?: readonly JsonSchema[];
}

let made: JsonSchema | undefined;

/** The JSON Schema (draft-07, which every editor reads) of the file as a person writes it: what all that is said of it comes from. */
export function configJsonSchema(): JsonSchema {
  made ??= z.toJSONSchema(configFile, { io: 'input', target: 'draft-7' }) as JsonSchema;
  return made;
}

/**
 * The same as a file for editors: `deploy/fairlead.schema.json`. It takes all that fairlead takes, and refuses what can be
 * said in a schema: keys, kinds, bounds and the look of texts. What holds between keys is for `fairlead config check`.
 */
export function editorSchema(): string {
  const { $schema, ...schema } = configJsonSchema() as JsonSchema & { readonly $schema: string };
  const title = 'FairleadConfig: the configuration of fairlead';
  return `${JSON.stringify({ $schema, title, ...schema }, forEditors, 2)}\n`;
}

/** Editors show plain text, and know no keyword of ours. */
function forEditors(key: string, value: unknown): unknown {
  if (key === 'computedDefault') return undefined;
  if (key !== 'description' || typeof value !== 'string') return value;
  return value.replaceAll(/\[([^\]]*)\]\(([^)]*)\)/g, 'docs/$2');
}
