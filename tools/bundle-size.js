// Says how many bytes a program adds to a page: bundled for browsers, minified, gzip. What is imported when it is needed isn't counted.

import { gzipSync } from 'node:zlib';
import { fileURLToPath } from 'node:url';
import { rolldown } from 'rolldown';

/** The program stands in this folder, so that it finds the workspaces. Node's modules are never part of a page. */
const ENTRY = fileURLToPath(new URL('./measured.js', import.meta.url));

export async function measure(program, external) {
  const bundle = await rolldown({
    input: ENTRY,
    platform: 'browser',
    logLevel: 'silent',
    external: [/^node:/, ...external],
    plugins: [
      {
        name: 'the program',
        resolveId: id => (id === ENTRY ? id : null),
        load: id => (id === ENTRY ? program : null),
      },
    ],
  });
  const { output } = await bundle.generate({ format: 'esm', minify: true });
  await bundle.close();
  const chunks = new Map(output.filter(file => file.type === 'chunk').map(file => [file.fileName, file]));
  const loaded = new Set([...chunks.values()].filter(({ isEntry }) => isEntry));
  for (const { imports } of loaded)
    for (const name of imports) if (chunks.has(name)) loaded.add(chunks.get(name));
  return [...loaded].reduce((sum, { code }) => sum + gzipSync(code, { level: 9 }).length, 0);
}
