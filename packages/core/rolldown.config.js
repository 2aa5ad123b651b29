import { readFileSync } from 'node:fs';

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
  plugins: [layoutNumbers()],
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

/**
 * Writes the numbers of the shared-memory layouts into the code (`AGENT.wake` becomes 2), which no minifier does: a 25th of what a page loads. Padded
 * with blanks, so that source maps stay right. Which they are, `tsc` has just written into the types of the `layout.ts` files.
 */
function layoutNumbers() {
  const numbers = new Map();
  for (const folder of ['memory', 'queue', 'executor']) {
    const types = readFileSync(new URL(`dist/${folder}/layout.d.ts`, import.meta.url), 'utf8');
    for (const [, name, fields] of types.matchAll(/export declare const (\w+): \{([^}]*)\}/g)) {
      for (const [, field, value] of fields.matchAll(/readonly (\w+): (\d+);/g)) {
        numbers.set(`${name}.${field}`, value);
      }
    }
  }
  const imports = /^import \{([^}]*)\} from '[^']*\/layout\.ts';$/gm;
  return {
    name: 'layout-numbers',
    transform(code, id) {
      const names = [...code.matchAll(imports)].flatMap(([, list]) => list.match(/\w+/g) ?? []);
      if (names.length === 0 || !id.endsWith('.ts')) return null;
      const field = new RegExp(`(?<!typeof |\\.)\\b(?:${names.join('|')})\\.\\w+\\b`, 'g');
      const isComment = /^\s*(?:\*|\/\*|\/\/)/;
      const lines = code
        .split('\n')
        .map(line => (isComment.test(line) ? line : line.replace(field, written)));
      return { code: lines.join('\n'), map: null };
    },
  };

  function written(name) {
    return numbers.get(name)?.padEnd(name.length) ?? name;
  }
}
