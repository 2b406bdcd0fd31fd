import { defineConfig } from 'rolldown';

/** The program as it ships. One file starts five times as fast as the thousand of its dependencies. */
export default defineConfig({
  input: { fairlead: 'src/cli/main.ts' },
  platform: 'node',
  // A native module finds its binary beside itself.
  external: ['koffi'],
  output: {
    dir: 'dist',
    format: 'esm',
    banner: ({ isEntry }) => (isEntry ? '#!/usr/bin/env node' : ''),
    chunkFileNames: 'chunks/[name].js',
    cleanDir: true,
  },
});
