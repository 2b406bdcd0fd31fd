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

/** The options of Node that the image starts the agent with. */
export function shippedOptions(): string[] {
  const [, options] =
    /^ENV NODE_OPTIONS="(.*)"$/m.exec(readFileSync(join(CHECKOUT, 'deploy/Dockerfile'), 'utf8')) ?? [];
  if (options === undefined) throw new Error('expected ENV NODE_OPTIONS in deploy/Dockerfile, found none');
  return options.split(' ');
}
