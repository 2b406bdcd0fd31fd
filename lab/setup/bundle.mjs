import { existsSync } from 'node:fs';
import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from './command.mjs';
import { CHECKOUT, NODE_BIN } from './place.mjs';
import { digestFiles } from './stamp.mjs';

const OUTPUT = join(CHECKOUT, 'dist/fairlead.js');
const ENTRY = join(CHECKOUT, 'src/cli/main.ts');

/** dist/fairlead.js, the program as it ships: the lab's lb nodes run it. */
export const bundle = {
  name: 'bundle',
  inputs: () => digestFiles(...['src', 'rolldown.config.ts', 'package-lock.json'].map((name) => join(CHECKOUT, name))),
  isDone: async () => existsSync(OUTPUT) || !existsSync(ENTRY),
  async make() {
    if (!existsSync(ENTRY)) return 'left out: src/cli/main.ts is not there';
    const rolldown = join(CHECKOUT, 'node_modules/.bin/rolldown');
    const env = { ...process.env, PATH: `${NODE_BIN}:${process.env['PATH']}` };
    await run([rolldown, '-c', 'rolldown.config.ts'], { cwd: CHECKOUT, env });
    await chmod(OUTPUT, 0o755);
    return 'dist/fairlead.js';
  },
};
