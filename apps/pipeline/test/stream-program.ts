// Starts `heddle-pipeline stream` as a user does, talks to its listeners, and looks into what it stores.

import { type ChildProcess, spawn } from 'node:child_process';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import type { StreamReport } from '../src/stream/report.ts';
import { CLI, type Ended, look } from './program.ts';

/** How long a stream may take that ought to end by itself. */
const TIMEOUT_MS = 50_000;

export interface StartedStream {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  /** Resolves to where a source, or the page, listens. */
  address(name: string): Promise<{ host: string; port: number }>;
  /** Resolves when the log says it; rejects if it ends without. */
  says(text: string): Promise<void>;
  /** Sends SIGINT and resolves to how it ended. */
  interrupt(): Promise<EndedStream>;
}

export interface EndedStream extends Ended {
  readonly report: StreamReport;
}

export function startStream(
  args: readonly string[],
  options: { cwd?: string; input?: string; timeoutMs?: number } = {},
): StartedStream {
  const child = spawn(process.execPath, [CLI, 'stream', '--json', ...args], {
    cwd: options.cwd ?? tmpdir(),
    stdio: ['pipe', 'pipe', 'pipe'],
    timeout: options.timeoutMs ?? TIMEOUT_MS,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', text => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', text => (stderr += text));
  const ended = new Promise<Ended>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  const until = <T>(find: () => T | undefined, what: string): Promise<T> =>
    new Promise((resolve, reject) => {
      const again = (): void => {
        const found = find();
        if (found === undefined) return;
        child.stderr.off('data', again);
        resolve(found);
      };
      child.stderr.on('data', again);
      again();
      ended.then(() => reject(new Error(`it ended and didn't say ${what}: ${stdout}${stderr}`)), reject);
    });
  return {
    child,
    ended,
    says: text => until(() => (stderr.includes(text) ? true : undefined), text).then(() => {}),
    address: name =>
      until(() => {
        for (const line of stderr.split('\n')) {
          if (!line.includes(`"source":"${name}"`) || !line.includes('"address"')) continue;
          const { address } = JSON.parse(line) as { address: string };
          const colon = address.lastIndexOf(':');
          return { host: address.slice(0, colon), port: Number(address.slice(colon + 1)) };
        }
        return undefined;
      }, `where ${name} listens`),
    async interrupt() {
      child.kill('SIGINT');
      return withReport(await ended);
    },
  };
}

export async function runStream(
  args: readonly string[],
  options: { cwd?: string; input?: string } = {},
): Promise<EndedStream> {
  return withReport(await startStream(args, options).ended);
}

function withReport(ended: Ended): EndedStream {
  try {
    return { ...ended, report: JSON.parse(ended.stdout) as StreamReport };
  } catch {
    throw new Error(
      `no report: code ${ended.code}, signal ${ended.signal}, stdout: ${ended.stdout}, stderr: ${ended.stderr}`,
    );
  }
}

/** A sender over TCP that keeps what it is told. */
export class Sender {
  readonly socket: Socket;
  #text = '';
  #waiting: (() => void)[] = [];
  readonly closed: Promise<void>;

  constructor({ host, port }: { host: string; port: number }) {
    this.socket = connect({ host, port, allowHalfOpen: true });
    this.socket.setEncoding('utf8').on('data', text => {
      this.#text += String(text);
      for (const wake of this.#waiting.splice(0)) wake();
    });
    this.socket.on('error', () => {});
    this.closed = new Promise(resolve => {
      this.socket.on('end', resolve);
      this.socket.on('close', () => resolve());
    });
  }

  /** The replies so far, without an unfinished one. */
  get replies(): { ack?: number; error?: string; line?: number }[] {
    return this.#text
      .split('\n')
      .slice(0, -1)
      .map(line => JSON.parse(line) as { ack?: number });
  }

  send(text: string | Uint8Array): void {
    this.socket.write(text);
  }

  /** Resolves when a reply is as it should be. */
  async reply(isRight: (reply: { ack?: number; error?: string; line?: number }) => boolean): Promise<void> {
    while (!this.replies.some(isRight)) {
      await new Promise<void>((resolve, reject) => {
        this.#waiting.push(resolve);
        void this.closed.then(() =>
          this.replies.some(isRight)
            ? resolve()
            : reject(new Error(`closed, and only told ${JSON.stringify(this.replies)}`)),
        );
      });
    }
  }
}

/** Returns all rows of a query, as objects. */
export function rows<T = Record<string, unknown>>(db: string, sql: string): T[] {
  return look(db, database =>
    database
      .prepare(sql)
      .all()
      .map(row => ({ ...row }) as T),
  );
}
