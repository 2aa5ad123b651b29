/** Serves the built site as a host should: with the headers that shared memory needs. `--plain` leaves them out, as hosts do that can't. */
import { createReadStream, existsSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isolation } from './isolation.js';

const TYPES = {
  '.css': 'text/css',
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};
const dist = fileURLToPath(new URL('../.vitepress/dist', import.meta.url));

/** Listens on a port of the loopback interface, `0` for any that is free. */
export async function servePages({ port = 4173, plain = false } = {}) {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://localhost');
    const path = normalize(decodeURIComponent(pathname));
    const candidates = [path, join(path, 'index.html'), `${path}.html`].map(each => join(dist, each));
    const file = candidates.find(each => existsSync(each) && statSync(each).isFile());
    const headers = plain ? {} : isolation;
    if (file === undefined) {
      response.writeHead(404, { ...headers, 'Content-Type': TYPES['.html'] });
      createReadStream(join(dist, '404.html')).pipe(response);
      return;
    }
    response.writeHead(200, {
      ...headers,
      'Content-Type': TYPES[extname(file)] ?? 'application/octet-stream',
    });
    createReadStream(file).pipe(response);
  });
  await new Promise(resolve => server.listen(port, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    close: () => server.closeAllConnections() ?? server.close(),
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { origin } = await servePages({ plain: process.argv.includes('--plain') });
  console.log(`${origin}, until Ctrl-C`);
}
