/**
 * Vite as it comes, but for two things: the headers that shared memory needs, and no polyfill for `modulepreload`. Vite puts that one, which needs a page,
 * into the chunk that threads import for the tasks in it.
 */
import { build, createServer } from 'vite';

const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** Builds the application in `root` into `outDir`. */
export async function viteBuild(root, outDir) {
  await build({
    root,
    configFile: false,
    logLevel: 'error',
    build: { outDir, emptyOutDir: true, modulePreload: { polyfill: false } },
  });
}

/** Serves the application from its sources. `onResult` gets what the page posts. */
export async function viteDev(root, cacheDir, onResult) {
  const server = await createServer({
    root,
    cacheDir,
    configFile: false,
    logLevel: 'error',
    server: { headers, host: '127.0.0.1', port: 0 },
    plugins: [
      {
        name: 'results',
        configureServer({ middlewares }) {
          middlewares.use('/result', (request, response) => {
            let body = '';
            request.on('data', chunk => (body += chunk));
            request.on('end', () => {
              response.end('{}');
              onResult(JSON.parse(body));
            });
          });
        },
      },
    ],
  });
  await server.listen();
  return { origin: `http://127.0.0.1:${server.httpServer.address().port}`, close: () => server.close() };
}
