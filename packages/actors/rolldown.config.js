/**
 * What users load: the package in a few files in place of a hundred and thirty. Every scheduler thread loads it anew, and to open a file costs more than to
 * compile it (measured: see ARCHITECTURE.md, "What is shipped"). `tsc` writes the types.
 */
export default {
  input: {
    index: 'src/index.ts',
    cron: 'src/cron/index.ts',
    opentelemetry: 'src/opentelemetry/index.ts',
    testkit: 'src/testkit/index.ts',
    heddle: 'src/cli/heddle.ts',
  },
  platform: 'neutral',
  external: [/^node:/, /^@heddle\/core/, /^@opentelemetry\//, 'comlink', 'croner'],
  output: {
    dir: 'dist/bundle',
    format: 'esm',
    entryFileNames: '[name].js',
    chunkFileNames: '[name].js',
    // Every thread would scan them; they are in the types.
    comments: { legal: true, annotation: true, jsdoc: false },
    sourcemap: true,
  },
};
