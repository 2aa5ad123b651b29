// Serves an example to a browser without a window, with the headers that shared memory needs, and returns what the page posts to `/shown`. Types are
// stripped on the way, and the names of packages replaced by where they are, since workers know no import maps.

import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { Server, ServerResponse } from 'node:http';
import { stripTypeScriptTypes } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';

/** Where Debian, and others, have it. */
const BROWSERS = ['/usr/bin/chromium', '/usr/bin/google-chrome', '/snap/bin/chromium'];
const TIMEOUT_MS = 50_000;

const root = new URL('../', import.meta.url);
/** Packages, and the module of each that a page can load. */
const MODULES = {
  '@heddle/actors': '@heddle/actors',
  '@heddle/core': '@heddle/core',
  comlink: 'comlink/dist/esm/comlink.mjs',
  croner: 'croner',
};
const places = Object.entries(MODULES).flatMap(([name, module]) =>
  [`'`, `"`].map(
    quote =>
      [
        `${quote}${name}${quote}`,
        `${quote}/${import.meta.resolve(module).slice(root.href.length)}${quote}`,
      ] as const,
  ),
);
const headers = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The browser that this machine has. */
export function findBrowser(): string | undefined {
  return BROWSERS.find(path => existsSync(path));
}

function send(response: ServerResponse, type: string, body: string): void {
  response.writeHead(200, { ...headers, 'Content-Type': type }).end(body);
}

/** Nor with the warning that Node's way to do it is an experiment: what an example prints is its own. */
function withoutTypes(source: string): string {
  const { emitWarning } = process;
  process.emitWarning = () => {};
  try {
    return stripTypeScriptTypes(source);
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function sendScript(response: ServerResponse, path: string): Promise<void> {
  const source = await readFile(new URL(path.slice(1), root), 'utf8').catch(() => undefined);
  if (source === undefined) {
    response.writeHead(404, headers).end();
    return;
  }
  const script = path.endsWith('.ts') ? withoutTypes(source) : source;
  const linked = places.reduce((text, [name, place]) => text.replaceAll(name, place), script);
  send(response, 'text/javascript', linked);
}

async function serve(example: string, onShown: (lines: string[]) => void): Promise<Server> {
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url!, 'http://localhost');
    if (pathname === '/') {
      send(
        response,
        'text/html',
        `<!doctype html><title>Heddle</title><link rel="icon" href="data:,"><body><script type="module" src="/examples/${example}"></script>`,
      );
    } else if (pathname === '/shown') {
      let body = '';
      request.on('data', (data: Buffer) => (body += String(data)));
      request.on('end', () => {
        send(response, 'application/json', '{}');
        onShown(JSON.parse(body) as string[]);
      });
    } else void sendScript(response, pathname);
  });
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  return server;
}

/** Opens the example as a page, and returns the lines that it posts. Without a browser on this machine it says so, in one line. */
export async function showPage(example: string): Promise<string[]> {
  const browser = findBrowser();
  if (browser === undefined) return [`There is no Chromium here (${BROWSERS.join(', ')}).`];
  const { promise, resolve, reject } = Promise.withResolvers<string[]>();
  const server = await serve(example, resolve);
  const profile = mkdtempSync(`${tmpdir()}/heddle-example-`);
  const url = `http://localhost:${(server.address() as AddressInfo).port}/`;
  const options = [
    '--headless=new',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-dev-shm-usage',
    '--no-first-run',
  ];
  const child = spawn(browser, [...options, `--user-data-dir=${profile}`, url], {
    stdio: 'ignore',
    detached: true,
  });
  const gone = new Promise(ended => child.once('close', ended));
  const timer = setTimeout(() => reject(new Error(`the page said nothing for ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
  try {
    return await promise;
  } finally {
    clearTimeout(timer);
    // The browser is several processes, in a group of their own.
    process.kill(-child.pid!, 'SIGKILL');
    await gone;
    server.close();
    server.closeAllConnections();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }
}
