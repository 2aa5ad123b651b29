/** Serves the suite and the installed package to browsers, with the headers that cross-origin isolation needs, or without. */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { extname, normalize } from 'node:path';

const types = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.map': 'application/json',
};
const isolation = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

const page = script =>
  `<!doctype html><meta charset="utf-8"><title>Heddle</title><link rel="icon" href="data:,"><script type="module" src="${script}"></script>`;

/** Where packages are. Workers know no import maps, so names are replaced by places in what is served. */
const places = {
  '@heddle/core': '/node_modules/@heddle/core/dist/bundle/index.js',
  '@heddle/actors/cron': '/node_modules/@heddle/actors/dist/bundle/cron.js',
  '@heddle/actors': '/node_modules/@heddle/actors/dist/bundle/index.js',
  comlink: '/node_modules/comlink/dist/esm/comlink.mjs',
  croner: '/node_modules/croner/dist/croner.js',
};
const linked = source =>
  Object.entries(places).reduce(
    (text, [name, place]) => text.replaceAll(`'${name}'`, `'${place}'`).replaceAll(`"${name}"`, `"${place}"`),
    source,
  );
const isLinked = path => path.startsWith('/suite/') || path.startsWith('/node_modules/@heddle/actors/');

/**
 * Serves `folder` on a free port of the loopback interface. `handlers` answer paths first: each gets the body and returns what to send as JSON.
 * `/run` is the page for the suite, `/plain` one that is not isolated.
 */
export async function serve(folder, handlers) {
  const server = createServer((request, response) => {
    answer(request, response).catch(error => {
      response.writeHead(500).end(String(error));
    });
  });

  async function answer(request, response) {
    const { pathname } = new URL(request.url, 'http://localhost');
    const headers = pathname === '/plain' ? {} : isolation;
    const handler = handlers[pathname];
    if (handler !== undefined) {
      let body = '';
      for await (const chunk of request) body += chunk;
      response.writeHead(200, { ...headers, 'Content-Type': 'application/json' });
      response.end(JSON.stringify((await handler(body === '' ? undefined : JSON.parse(body))) ?? {}));
    } else if (pathname === '/run' || pathname === '/plain') {
      response.writeHead(200, { ...headers, 'Content-Type': 'text/html' });
      response.end(page(pathname === '/run' ? '/suite/page.js' : '/suite/plain.js'));
    } else {
      const path = normalize(pathname.endsWith('/') ? `${pathname}index.html` : pathname);
      const content = await readFile(folder + path).catch(() => undefined);
      if (content === undefined) {
        response.writeHead(404, headers).end(`no ${path}`);
        return;
      }
      const type = types[extname(path)] ?? 'application/octet-stream';
      response.writeHead(200, { ...headers, 'Content-Type': type, 'Cache-Control': 'no-store' });
      response.end(isLinked(path) ? linked(String(content)) : content);
    }
  }

  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  return {
    origin: `http://localhost:${server.address().port}`,
    close() {
      server.close();
      server.closeAllConnections();
    },
  };
}
