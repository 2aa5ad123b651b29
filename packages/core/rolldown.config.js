/**
 * What users load: the package in a few files in place of a hundred and twenty. Every worker loads it anew, and to open a file costs more than to
 * compile it (measured: see ARCHITECTURE.md, "What is shipped"). `tsc` writes the types.
 */
export default {
  input: {
    index: 'src/index.ts',
    comlink: 'src/comlink/index.ts',
    worker: 'src/thread/worker.ts',
    supervisor: 'src/thread/supervisor.ts',
  },
  platform: 'neutral',
  external: [/^node:/, 'comlink'],
  output: {
    dir: 'dist/bundle',
    format: 'esm',
    // Workers and the supervisor are found beside the file that starts them.
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    sourcemap: true,
    // Every thread would scan them; they are in the types.
    comments: { legal: true, annotation: true, jsdoc: false },
  },
};
