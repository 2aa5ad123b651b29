// Drives Firefox by WebDriver BiDi, which it speaks itself: no driver has to be installed.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const FIREFOX = '/usr/bin/firefox-esr';

const PREFERENCES: Readonly<Record<string, unknown>> = {
  'app.normandy.enabled': false,
  'app.update.enabled': false,
  'browser.aboutwelcome.enabled': false,
  'browser.shell.checkDefaultBrowser': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'services.settings.server': 'data:,',
  'toolkit.telemetry.enabled': false,
};

/** Keys that are no characters, as WebDriver names them. */
export const KEY = {
  tab: '\uE004',
  enter: '\uE006',
  escape: '\uE00C',
  space: ' ',
  right: '\uE014',
  shift: '\uE008',
  control: '\uE009',
} as const;

interface Answer {
  readonly id?: number;
  readonly type: 'success' | 'error' | 'event';
  readonly result?: unknown;
  readonly error?: string;
  readonly message?: string;
  readonly method?: string;
  readonly params?: unknown;
}

/** A page in a Firefox of its own. */
export class Firefox {
  readonly #child: ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** Errors of scripts, and what the page wrote to its console as one. */
  readonly complaints: string[] = [];
  #context = '';
  #id = 0;

  private constructor(child: ChildProcess, profile: string, socket: WebSocket) {
    this.#child = child;
    this.#profile = profile;
    this.#socket = socket;
    socket.addEventListener('message', ({ data }) => this.#hear(JSON.parse(String(data)) as Answer));
  }

  static async launch(isDark = false): Promise<Firefox> {
    const profile = mkdtempSync(join(tmpdir(), 'heddle-firefox-'));
    const preferences = { ...PREFERENCES, 'ui.systemUsesDarkTheme': isDark ? 1 : 0 };
    writeFileSync(
      join(profile, 'user.js'),
      Object.entries(preferences)
        .map(([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`)
        .join(''),
    );
    const child = spawn(
      FIREFOX,
      ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port', '0'],
      {
        detached: true,
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { ...process.env, HOME: profile, MOZ_CRASHREPORTER_DISABLE: '1', TZ: 'Europe/Berlin' },
      },
    );
    const address = await new Promise<string>((resolve, reject) => {
      let text = '';
      child.stderr.setEncoding('utf8').on('data', (more: string) => {
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec((text += more))?.[1];
        if (found !== undefined) resolve(found);
      });
      child.on('error', reject);
      child.on('close', () => reject(new Error(`Firefox ended: ${text}`)));
    });
    const socket = new WebSocket(`${address}/session`);
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error(`${address}: no connection`)), { once: true });
    });
    const firefox = new Firefox(child, profile, socket);
    await firefox.#ask('session.new', { capabilities: {} });
    await firefox.#ask('session.subscribe', { events: ['log.entryAdded'] });
    // The first window has its focus in the address bar.
    const { context } = await firefox.#ask<{ context: string }>('browsingContext.create', { type: 'window' });
    firefox.#context = context;
    // A button in a window that isn't the active one takes no keys.
    await firefox.#ask('browsingContext.activate', { context });
    return firefox;
  }

  async open(url: string): Promise<void> {
    await this.#ask('browsingContext.navigate', { context: this.#context, url, wait: 'complete' });
  }

  async resize(width: number, height: number): Promise<void> {
    await this.#ask('browsingContext.setViewport', { context: this.#context, viewport: { width, height } });
  }

  /** Evaluates an expression in the page; its value must be a text, a number, true or false. */
  async evaluate<T extends string | number | boolean | undefined>(expression: string): Promise<T> {
    const answer = await this.#ask<{
      type: string;
      result?: { value?: T };
      exceptionDetails?: { text: string };
    }>('script.evaluate', { expression, target: { context: this.#context }, awaitPromise: true });
    if (answer.type !== 'success') throw new Error(`${expression}: ${answer.exceptionDetails?.text}`);
    return answer.result?.value as T;
  }

  /** Presses keys one after the other; `held` are held down meanwhile. */
  async press(keys: Iterable<string>, held: readonly string[] = []): Promise<void> {
    const actions = [
      ...held.map(value => ({ type: 'keyDown', value })),
      ...[...keys].flatMap(value => [
        { type: 'keyDown', value },
        { type: 'keyUp', value },
      ]),
      ...held.map(value => ({ type: 'keyUp', value })),
    ];
    await this.#ask('input.performActions', {
      context: this.#context,
      actions: [{ type: 'key', id: 'keyboard', actions }],
    });
  }

  /** Clicks with the mouse into the middle of an element. */
  async click(selector: string): Promise<void> {
    const place = await this.evaluate<string>(`(() => {
      const element = document.querySelector(${JSON.stringify(selector)});
      element.scrollIntoView({ block: 'center' });
      const { x, y, width, height } = element.getBoundingClientRect();
      return JSON.stringify({ x: Math.round(x + width / 2), y: Math.round(y + height / 2) });
    })()`);
    await this.#ask('input.performActions', {
      context: this.#context,
      actions: [
        {
          type: 'pointer',
          id: 'mouse',
          actions: [
            { type: 'pointerMove', ...(JSON.parse(place) as object) },
            { type: 'pointerDown', button: 0 },
            { type: 'pointerUp', button: 0 },
          ],
        },
      ],
    });
  }

  /** A picture of the whole page, as PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.#ask<{ data: string }>('browsingContext.captureScreenshot', {
      context: this.#context,
      origin: 'document',
    });
    return Buffer.from(data, 'base64');
  }

  async close(): Promise<void> {
    this.#socket.close();
    const closed = new Promise(resolve => this.#child.once('close', resolve));
    if (this.#child.pid !== undefined && this.#child.exitCode === null) {
      process.kill(-this.#child.pid, 'SIGKILL');
      await closed;
    }
    rmSync(this.#profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
  }

  #hear(answer: Answer): void {
    if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    else if (answer.method === 'log.entryAdded') {
      const { level, text } = answer.params as { level: string; text: string };
      if (level === 'error') this.complaints.push(text);
    }
  }

  async #ask<T>(method: string, params: object): Promise<T> {
    const id = (this.#id += 1);
    const answer = await new Promise<Answer>(resolve => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ id, method, params }));
    });
    this.#waiting.delete(id);
    if (answer.type === 'error') throw new Error(`${method}: ${answer.error}: ${answer.message}`);
    return answer.result as T;
  }
}
