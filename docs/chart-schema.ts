import { editorSchema } from '../src/config/json-schema.ts';

interface ChartSchema {
  readonly properties: Readonly<Record<string, object>>;
}

/** Where a chart has what it says of its values, from the root of the checkout. */
export const CHART_SCHEMA = 'deploy/helm/fairlead/values.schema.json';

/**
 * The schema of the chart's values with the schema of the configuration in it, so that helm refuses what no agent would take.
 * @param text the schema as it was; all but `config` is written by hand
 */
export function chartSchema(text: string): string {
  const chart = JSON.parse(text) as ChartSchema;
  const { $schema: _draft, ...config } = JSON.parse(editorSchema(), asGoReads) as Readonly<Record<string, unknown>>;
  return `${JSON.stringify({ ...chart, properties: { ...chart.properties, config } }, undefined, 2)}\n`;
}

/** Go's regular expressions look neither ahead nor back (github.com/google/re2/wiki/Syntax), and a schema that has one is refused. */
const asGoReads = (key: string, value: unknown): unknown =>
  key === 'pattern' && typeof value === 'string' && value.includes('(?') ? undefined : value;
