/** A headless Chromium, driven by its own protocol: no driver to install. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const PATHS = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
export const chromium = PATHS.find(path => path !== undefined && existsSync(path));

const START_MS = 60_000;

export async function openBrowser() {
  const profile = mkdtempSync(join(tmpdir(), 'heddle-docs-'));
  const child = spawn(
    chromium,
    [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--disable-background-networking',
      '--hide-scrollbars',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
      'about:blank',
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], detached: true, env: { ...process.env, HOME: profile } },
  );
  const gone = new Promise(resolve => child.on('close', resolve));
  const url = await new Promise((resolve, reject) => {
    let said = '';
    const timer = setTimeout(() => reject(new Error(`Chromium doesn't come up: ${said}`)), START_MS);
    child.stderr.setEncoding('utf8').on('data', text => {
      said += text;
      const found = /ws:\/\/\S+/.exec(said);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[0]);
    });
  });
  return {
    newPage: () => openPage(new URL(url).host),
    async close() {
      try {
        process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended already.
      }
      await gone;
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
    },
  };
}

async function openPage(host) {
  const { webSocketDebuggerUrl } = await (
    await fetch(`http://${host}/json/new?about:blank`, { method: 'PUT' })
  ).json();
  const socket = new WebSocket(webSocketDebuggerUrl);
  await new Promise((resolve, reject) => {
    socket.addEventListener('open', resolve);
    socket.addEventListener('error', reject);
  });
  const pending = new Map();
  const troubles = [];
  let loaded = () => {};
  let next = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, result, error, method, params } = JSON.parse(data);
    if (id !== undefined) {
      const { resolve, reject } = pending.get(id);
      pending.delete(id);
      if (error === undefined) resolve(result);
      else reject(new Error(error.message));
    } else if (method === 'Page.loadEventFired') loaded();
    else if (method === 'Runtime.exceptionThrown')
      troubles.push(params.exceptionDetails.exception?.description ?? params.exceptionDetails.text);
    else if (method === 'Log.entryAdded' && params.entry.level === 'error')
      troubles.push(`${params.entry.text} ${params.entry.url ?? ''}`);
  });
  const send = (method, params = {}) =>
    new Promise((resolve, reject) => {
      next += 1;
      pending.set(next, { resolve, reject });
      socket.send(JSON.stringify({ id: next, method, params }));
    });
  for (const domain of ['Page', 'Runtime', 'Log']) await send(`${domain}.enable`);
  return {
    send,
    /** What went wrong since the last call. */
    troubles: () => troubles.splice(0),
    async goto(url) {
      const load = new Promise(resolve => {
        loaded = resolve;
      });
      await send('Page.navigate', { url });
      await load;
    },
    async evaluate(expression) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        awaitPromise: true,
        returnByValue: true,
      });
      if (exceptionDetails !== undefined)
        throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
      return result.value;
    },
    resize: (width, height) =>
      send('Emulation.setDeviceMetricsOverride', {
        width,
        height,
        deviceScaleFactor: 1,
        mobile: width < 600,
      }),
    async screenshot(whole) {
      const { data } = await send('Page.captureScreenshot', { format: 'png', captureBeyondViewport: whole });
      return Buffer.from(data, 'base64');
    },
  };
}
