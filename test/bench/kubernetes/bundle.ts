import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'rolldown';
import { CACHE, CHECKOUT } from '../../../lab/machine/place.ts';
import config from '../../../rolldown.config.ts';

/** Inside of the checkout, so that what is not bundled is found. */
const FOLDER = join(CACHE, 'bench');

/** The clients that are bundled as the agent is: a script for each. */
export async function bundleClients(names: readonly string[]): Promise<ReadonlyMap<string, string>> {
  return new Map(await Promise.all(names.map(async (name) => [name, await bundleClient(name)] as const)));
}

async function bundleClient(name: string): Promise<string> {
  const [output] = [config.output ?? {}].flat();
  const dir = join(FOLDER, name);
  // The plugin takes away what the library makes its own requests with.
  const { plugins } = name === 'informer' ? { plugins: [] } : config;
  const input = { [name]: join(import.meta.dirname, `client/${name}.ts`) };
  await build({ ...config, plugins, input, output: { ...output, dir } });
  return join(dir, `${name}.js`);
}

/** The options of Node that the image starts the agent with. */
export function shippedOptions(): string[] {
  const [, options] =
    /^ENV NODE_OPTIONS="(.*)"$/m.exec(readFileSync(join(CHECKOUT, 'deploy/Dockerfile'), 'utf8')) ?? [];
  if (options === undefined) throw new Error('expected ENV NODE_OPTIONS in deploy/Dockerfile, found none');
  return options.split(' ');
}
