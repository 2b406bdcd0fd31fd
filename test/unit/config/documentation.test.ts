import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/parse.ts';
import { schemaLeaves } from './leaves.ts';

const read = (name: string): string => readFileSync(new URL(`../../../docs/${name}`, import.meta.url), 'utf8');
const page = read('configuration.md');

/** Defaults that are no constant, so that the schema cannot hold them. */
const COMPUTED = new Map([
  ['cluster.namespace', '`$POD_NAMESPACE`'],
  ['bgp.routerId', '`$NODE_IP`'],
  ['bgp.listenAddresses', '`[bgp.routerId]`'],
]);

test('the table names every key of the schema with its default, and no other', () => {
  const table = [...page.matchAll(/^\| `(.+?)` +\| (.+?) +\|/gm)].map(([, key, fallback]) => [key, fallback]);
  expect(table).toStrictEqual(schemaLeaves().map(([key, fallback]) => [key, COMPUTED.get(key) ?? fallback]));
});

test('the example is a file that fairlead takes', () => {
  const [, example = ''] = /```yaml\n(.*?)```/s.exec(page) ?? [];
  expect(parseConfig(example, 'lb-1')).toHaveProperty('config');
});
