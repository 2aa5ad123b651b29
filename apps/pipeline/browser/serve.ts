// npm run browser-demo --workspace apps/pipeline [-- --port 5173]
//
// Builds the page with Vite and serves it with the headers that shared memory needs.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build, preview } from 'vite';

const { values } = parseArgs({ options: { port: { type: 'string', default: '5173' } } });
const root = fileURLToPath(new URL('.', import.meta.url));
const outDir = mkdtempSync(join(tmpdir(), 'heddle-browser-demo-'));

await build({
  root,
  configFile: false,
  logLevel: 'error',
  // The polyfill for `modulepreload` needs a page, and would get into the chunk that threads import.
  build: { outDir, emptyOutDir: true, modulePreload: { polyfill: false } },
});
const server = await preview({
  root,
  configFile: false,
  logLevel: 'error',
  build: { outDir },
  preview: {
    host: '127.0.0.1',
    port: Number(values.port),
    strictPort: values.port !== '0',
    headers: { 'Cross-Origin-Opener-Policy': 'same-origin', 'Cross-Origin-Embedder-Policy': 'require-corp' },
  },
  plugins: [
    {
      name: 'tell',
      // A browser without a driver says here how it went.
      configurePreviewServer({ middlewares }) {
        middlewares.use('/tell', (request, response) => {
          let body = '';
          request.setEncoding('utf8').on('data', text => (body += String(text)));
          request.on('end', () => {
            console.log(`told: ${body}`);
            response.end();
          });
        });
      },
    },
  ],
});
console.log(`http://127.0.0.1:${(server.httpServer.address() as { port: number }).port}/`);

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.on(signal, () => {
    rmSync(outDir, { recursive: true, force: true });
    process.exit(0);
  });
}
