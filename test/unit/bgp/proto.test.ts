import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generate, MODULES } from '../../../proto/generate.ts';

const ROOT = join(import.meta.dirname, '..', '..', '..');

test.each(MODULES)('$module is byte for byte what $proto gives', async ({ proto, module }) => {
  expect(await generate(proto)).toBe(await readFile(join(ROOT, module), 'utf8'));
});
