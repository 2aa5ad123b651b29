/**
 * Real browsers, without a driver between: each is told which page to open, and the page tells the server how it went.
 * A browser that says nothing for too long is killed and started anew.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { serve } from './server.js';

/** A browser may take so long to come up on a busy machine. */
const TIMEOUT_MS = 30_000;

const firefoxPreferences = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'browser.startup.homepage_override.mstone': 'ignore',
  'datareporting.healthreport.uploadEnabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

const known = [
  {
    name: 'Chromium',
    path: '/usr/bin/chromium',
    args: (profile, url) => [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--no-first-run',
      '--no-default-browser-check',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      `--user-data-dir=${profile}`,
      url,
    ],
  },
  {
    name: 'Firefox',
    path: '/usr/bin/firefox-esr',
    args(profile, url) {
      const lines = Object.entries(firefoxPreferences).map(
        ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
      );
      writeFileSync(`${profile}/user.js`, lines.join('\n'));
      return ['--headless', '--no-remote', '--profile', profile, url];
    },
  },
];

/** Those that this machine has, and those that it hasn't. */
export const browsers = known.filter(each => existsSync(each.path));
export const missing = known.filter(each => !existsSync(each.path));

const running = new Set();

function killBrowser(child) {
  running.delete(child);
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It has ended already.
  }
}

// In groups of their own, browsers don't hear of a Ctrl-C, nor of a time limit's signal.
process.on('exit', () => running.forEach(killBrowser));
for (const [signal, code] of [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
])
  process.once(signal, () => process.exit(code));

/** Starts a browser with a page; the result ends it. */
export function openUrl(browser, url) {
  const profile = mkdtempSync(`${tmpdir()}/heddle-browser-`);
  mkdirSync(`${profile}/home`);
  const child = spawn(browser.path, browser.args(profile, url), {
    stdio: 'ignore',
    // A process group of its own, so that the whole browser can be ended.
    detached: true,
    env: { ...process.env, HOME: `${profile}/home`, MOZ_CRASHREPORTER_DISABLE: '1' },
  });
  running.add(child);
  const gone = new Promise(resolve => child.on('close', resolve));
  return async () => {
    killBrowser(child);
    await gone;
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  };
}

/** Runs the named scenarios, one page each, and calls `onResult` with `{ name, ok, error, note, ms }` for each. */
export async function runInBrowser(browser, folder, names, onResult) {
  const left = [...names];
  let log = [];
  let heard = () => {};
  const server = await serve(folder, {
    '/next': () => ({ name: left[0] }),
    '/log': text => void log.push(text),
    '/result': result => {
      left.shift();
      if (!result.ok) result.error = [result.error, ...log].join('\n');
      log = [];
      onResult(result);
      heard(true);
    },
  });
  let close;
  while (left.length > 0) {
    const next = new Promise(resolve => {
      heard = resolve;
    });
    close ??= openUrl(browser, `${server.origin}/run`);
    const timer = setTimeout(() => heard(false), TIMEOUT_MS);
    const came = await next;
    clearTimeout(timer);
    if (came) continue;
    onResult({
      name: left.shift(),
      ok: false,
      error: [`nothing heard for ${TIMEOUT_MS} ms`, ...log].join('\n'),
    });
    await close();
    close = undefined;
  }
  await close?.();
  server.close();
}

/** Opens one page of a server of its own and resolves to what it tells at `/result`. */
export async function openPage(browser, folder, path) {
  let heard;
  const result = new Promise(resolve => {
    heard = resolve;
  });
  const server = await serve(folder, { '/result': heard });
  const close = openUrl(browser, server.origin + path);
  const timer = setTimeout(
    () => heard({ ok: false, error: `nothing heard for ${TIMEOUT_MS} ms` }),
    TIMEOUT_MS,
  );
  const told = await result;
  clearTimeout(timer);
  await close();
  server.close();
  return told;
}
