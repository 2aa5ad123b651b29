// Starts the built program as a user does.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const CLI: string = fileURLToPath(new URL('../dist/cli.js', import.meta.url));
export const JOBS: string = fileURLToPath(new URL('jobs', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves when standard error contains the text, to all of it; rejects if the program ends without it. */
  says(text: string): Promise<string>;
}

export interface StartOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly input?: string;
  /** How long a program may take that ought to end by itself. */
  readonly timeout?: number;
}

export function start(args: readonly string[], options: StartOptions = {}): Started {
  const child = spawn(process.execPath, [CLI, ...args], {
    cwd: options.cwd ?? tmpdir(),
    env: { ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeout ?? 60_000,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input ?? '');
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return {
    child,
    ended,
    says: text =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (stderr.includes(text)) resolve(stderr);
        };
        child.stderr.on('data', look);
        look();
        ended.then(() => reject(new Error(`it ended and didn't say ${text}: ${stderr}`)), reject);
      }),
  };
}

export function run(args: readonly string[], options: StartOptions = {}): Promise<Ended> {
  return start(args, options).ended;
}

export interface Served extends Started {
  /** The address of the page, with a slash at the end. */
  readonly page: string;
  /** Ends it by SIGTERM. */
  stop(): Promise<Ended>;
  get(path: string): Promise<Response>;
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

/** Starts `serve` on a port of its own; resolves when it is ready. */
export async function serve(args: readonly string[], options: StartOptions = {}): Promise<Served> {
  const started = start(['serve', '--port', '0', '--jobs', JOBS, ...args], options);
  const text = await started.says('ready after');
  const page = /"page":"([^"]+)"/.exec(text)![1]!;
  const headers = { connection: 'close', 'content-type': 'application/json' };
  return {
    ...started,
    page,
    stop() {
      started.child.kill('SIGTERM');
      return started.ended;
    },
    get: path => fetch(`${page}${path}`, { headers }),
    send: (method, path, body) =>
      fetch(`${page}${path}`, {
        method,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      }),
  };
}

export function temporaryFolder(): string {
  return realpathSync(mkdtempSync(join(tmpdir(), 'heddle-scheduler-')));
}

/** Waits until `look` returns something, for as long as a busy machine may need. */
export async function until<T>(
  look: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  timeout = 20_000,
): Promise<T> {
  const end = performance.now() + timeout;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`waited ${timeout} ms for ${what}`);
    await new Promise(resolve => setTimeout(resolve, 20));
  }
}
