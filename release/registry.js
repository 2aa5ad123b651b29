/**
 * A registry of our own on the loopback interface, for the packages of this repository; everything else it fetches from the registry that npm is set to.
 * Nothing leaves this machine, and nothing of it stays.
 */
import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { dirname, join } from 'node:path';

const START_MS = 60_000;

/** Starts it with its storage below `folder`. The result has its URL, a home with an `.npmrc` for it, and `close()`. */
export async function startRegistry(folder) {
  const upstream = execFileSync('npm', ['config', 'get', 'registry'], { encoding: 'utf8' }).trim();
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  mkdirSync(folder, { recursive: true });
  const config = {
    storage: join(folder, 'storage'),
    uplinks: { upstream: { url: upstream, cache: false, timeout: '120s', max_fails: 20 } },
    packages: {
      '@heddle/*': { access: '$all', publish: '$all', unpublish: '$all' },
      '**': { access: '$all', proxy: 'upstream' },
    },
    auth: { htpasswd: { file: join(folder, 'htpasswd'), max_users: -1 } },
    max_body_size: '64mb',
    web: { enable: false },
    log: { type: 'file', path: join(folder, 'registry.log'), level: 'warn', format: 'json' },
  };
  // JSON is YAML.
  writeFileSync(join(folder, 'config.yaml'), JSON.stringify(config));
  const manifest = createRequire(import.meta.url).resolve('verdaccio/package.json');
  const child = spawn(
    process.execPath,
    [
      join(dirname(manifest), 'bin/verdaccio'),
      '--config',
      join(folder, 'config.yaml'),
      '--listen',
      `127.0.0.1:${port}`,
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const gone = new Promise(resolve => child.on('close', resolve));
  // Whoever is told to end takes it along.
  process.once('exit', () => child.kill());
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
  const deadline = performance.now() + START_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || performance.now() > deadline)
      throw new Error(`the registry doesn't come up at ${url}`);
    await new Promise(resolve => setTimeout(resolve, 100));
  }

  // npm wants a token for publishing, and this registry takes any.
  const npmrc = join(folder, '.npmrc');
  writeFileSync(
    npmrc,
    `registry=${url}\n//127.0.0.1:${port}/:_authToken=anything\nfund=false\naudit=false\nupdate-notifier=false\n`,
  );
  return {
    url,
    npmrc,
    async close() {
      child.kill();
      await gone;
    },
  };
}

/** What is published under that name: versions, tags, manifests. */
export async function published(url, name) {
  const response = await fetch(url + name.replace('/', '%2f'), { headers: { connection: 'close' } });
  if (response.status === 404) return undefined;
  return response.json();
}

async function answers(url) {
  try {
    return (await fetch(`${url}-/ping`)).ok;
  } catch {
    return false;
  }
}

export async function freePort() {
  const server = createServer();
  await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address();
  await new Promise(resolve => server.close(resolve));
  return port;
}
