import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { CACHE, CHECKOUT } from '../../../lab/machine/place.ts';
import config from '../../../rolldown.config.ts';

/** Inside of the checkout, so that what is not bundled is found. */
const FOLDER = join(CACHE, 'bench');

/** The clients that are bundled as the agent is: a script for each. */
export async function bundleClients(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  const input = Object.fromEntries(names.map((name) => [name, join(import.meta.dirname, `client/${name}.ts`)]));
  const [output] = [config.output ?? {}].flat();
  await build({ ...config, input, output: { ...output, dir: FOLDER } });
  return new Map(names.map((name) => [name, join(FOLDER, `${name}.js`)]));
}

/** The options of Node in the first line of the program as it ships. */
export function shippedOptions(): string[] {
  const [first = ''] = readFileSync(join(CHECKOUT, 'dist/fairlead.js'), 'utf8').split('\n', 1);
  const options = first.split(' ').filter((word) => word.startsWith('--'));
  if (options.length === 0) throw new Error(`expected options of Node in the first line of dist/, found ${first}`);
  return options;
}
