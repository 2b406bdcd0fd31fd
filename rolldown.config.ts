import { defineConfig, type Plugin } from 'rolldown';

/**
 * @kubernetes/client-node makes its own requests with undici, and fairlead makes none of those: of the package it takes
 * KubeConfig, which says how to reach an API server (src/source/api-access.ts). Left in, undici is half of the bundle.
 */
const withoutUndici: Plugin = {
  name: 'without-undici',
  resolveId: (id) => (id === 'undici' ? '\0undici' : undefined),
  load: (id) =>
    id === '\0undici' ? 'export class Agent {}\nexport class ProxyAgent {}\nexport const fetch = 0' : undefined,
};

/**
 * How V8 keeps memory, for a process that lives for months. It takes these at its start only: set from within, by
 * v8.setFlagsFromString, they were measured to change nothing.
 *
 * - A small young generation halves what stays resident.
 * - The old one has three times the room that 10,000 Services need: the less room V8 has, the less it leaves lying about.
 * - With a limit it would begin small, and collect again and again while everything is read for the first time, which
 *   costs a third more time: it begins with room for that, and
 *   what is left of the reading is collected by the agent itself, once (src/agent/start.ts).
 */
const V8 = ['--max-semi-space-size=4', '--max-old-space-size=256', '--initial-old-space-size=64', '--expose-gc'];

/** The program as it ships. One file starts five times as fast as the thousand of its dependencies. */
export default defineConfig({
  input: { fairlead: 'src/cli/main.ts', 'kubectl-fairlead': 'src/cli/kubectl/main.ts' },
  platform: 'node',
  // A native module finds its binary beside itself.
  external: ['koffi'],
  plugins: [withoutUndici],
  // It does not say so itself, but its thousand generated models do nothing when they are loaded. With both, what is
  // loaded to reach the API server takes 21 MiB instead of 44, and 0.2 s instead of 0.5.
  treeshake: { moduleSideEffects: [{ test: /client-node\/dist\//, sideEffects: false }] },
  output: {
    dir: 'dist',
    format: 'esm',
    banner: ({ isEntry }) => (isEntry ? `#!/usr/bin/env -S node ${V8.join(' ')}` : ''),
    chunkFileNames: 'chunks/[name].js',
    cleanDir: true,
  },
});
