// Who sends to streams that are killed: a file that is written and rotated, and senders over TCP and HTTP that send again what wasn't
// acknowledged. Each knows what it has sent.

import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Lines that can't be parsed, among those of the file. */
const BROKEN_EVERY = 40;

/** Appends lines to a file, some in two parts, and renames it now and then. */
export class FileWriter {
  readonly whole: string[] = [];
  readonly broken: string[] = [];
  readonly #path: string;
  #rotations = 0;
  #toRotate = false;
  #running = true;
  readonly #done: Promise<void>;

  constructor(path: string) {
    this.#path = path;
    this.#done = this.#write();
  }

  get lines(): number {
    return this.whole.length + this.broken.length;
  }

  rotate(): void {
    this.#toRotate = true;
  }

  stop(): Promise<void> {
    this.#running = false;
    return this.#done;
  }

  async #write(): Promise<void> {
    while (this.#running) {
      for (let i = 0; i < 5; i++) {
        const id = `f${this.lines}`;
        if (this.lines % BROKEN_EVERY === 7) {
          this.broken.push(`{"id":"${id}",`);
          appendFileSync(this.#path, `{"id":"${id}",\n`);
        } else {
          appendFileSync(this.#path, `{"id":`);
          appendFileSync(this.#path, `"${id}"}\n`);
          this.whole.push(id);
        }
      }
      await delay(10);
      if (!this.#toRotate) continue;
      this.#toRotate = false;
      renameSync(this.#path, `${this.#path}.${++this.#rotations}`);
      writeFileSync(this.#path, '');
    }
    // Who has stored this one has read what was before it.
    const id = `f${this.lines}`;
    appendFileSync(this.#path, `{"id":"${id}"}\n`);
    this.whole.push(id);
  }
}

/** Sends lines over TCP; what isn't acknowledged when the connection breaks is sent again over the next one. */
export class TcpProducer {
  sent = 0;
  acknowledged = 0;
  readonly #port: number;
  #running = true;
  #ended = false;
  #socket: Socket | undefined;

  constructor(port: number) {
    this.#port = port;
    void this.#produce();
    void this.#connect();
  }

  stop(): Promise<void> {
    this.#running = false;
    return Promise.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#socket?.destroy();
  }

  async #produce(): Promise<void> {
    while (this.#running) {
      await delay(10);
      const from = this.sent;
      this.sent += 10;
      this.#socket?.write(text('t', from, this.sent));
    }
  }

  async #connect(): Promise<void> {
    while (!this.#ended) {
      const socket = connect(this.#port, '127.0.0.1');
      socket.on('error', () => {});
      let base = 0;
      let received = '';
      socket.on('connect', () => {
        base = this.acknowledged;
        socket.write(text('t', base, this.sent));
        this.#socket = socket;
      });
      socket.setEncoding('utf8').on('data', part => {
        const lines = (received + String(part)).split('\n');
        received = lines.pop()!;
        for (const line of lines) {
          const { ack } = JSON.parse(line) as { ack?: number };
          if (ack !== undefined) this.acknowledged = base + ack;
        }
      });
      await new Promise(resolve => socket.once('close', resolve));
      this.#socket = undefined;
      await delay(50);
    }
  }
}

/** Posts batches over HTTP, each until it is answered with 200. */
export class HttpProducer {
  sent = 0;
  acknowledged = 0;
  readonly #port: number;
  #running = true;

  constructor(port: number) {
    this.#port = port;
    void this.#produce();
  }

  stop(): Promise<void> {
    this.#running = false;
    return Promise.resolve();
  }

  async #produce(): Promise<void> {
    while (this.#running) {
      const from = this.sent;
      this.sent += 20;
      const body = text('h', from, this.sent);
      for (;;) {
        const response = await fetch(`http://127.0.0.1:${this.#port}/`, {
          method: 'POST',
          body,
          signal: AbortSignal.timeout(10_000),
        }).catch(() => undefined);
        await response?.text().catch(() => '');
        if (response?.status === 200) break;
        await delay(50);
      }
      this.acknowledged = this.sent;
    }
  }
}

function text(letter: string, from: number, to: number): string {
  return Array.from({ length: to - from }, (_, i) => `{"id":"${letter}${from + i}"}\n`).join('');
}

/** Returns the ids of so many lines. */
export function numbers(letter: string, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${letter}${i}`);
}
