// Tells pages what has changed: the state, not more than a few times a second, however much happens.

import type { ServerResponse } from 'node:http';
import type { Clock } from '../time/clock.ts';
import { HttpError } from './http-error.ts';

const EVERY_MS = 250;
/** A line that says nothing, so that a connection that is dead is noticed. */
const HEARTBEAT_MS = 10_000;
const MOST_CLIENTS = 64;
/** A page that takes so little that this much waits for it is let go. */
const MOST_WAITING_BYTES = 512 * 1024;

export class EventStream {
  readonly #clients = new Set<ServerResponse>();
  readonly #clock: Clock;
  readonly #state: () => unknown;
  #isPlanned = false;
  #cancelBeat: () => void = () => {};

  constructor(clock: Clock, state: () => unknown) {
    this.#clock = clock;
    this.#state = state;
  }

  get size(): number {
    return this.#clients.size;
  }

  add(response: ServerResponse): void {
    if (this.#clients.size >= MOST_CLIENTS) throw new HttpError(503, `${MOST_CLIENTS} pages listen already`);
    response.writeHead(200, {
      'content-type': 'text/event-stream',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.on('close', () => this.#clients.delete(response));
    this.#clients.add(response);
    response.write(this.#message());
    if (this.#clients.size === 1) this.#beat();
  }

  /** Something has changed. */
  changed(): void {
    if (this.#isPlanned || this.#clients.size === 0) return;
    this.#isPlanned = true;
    this.#clock.after(EVERY_MS, () => {
      this.#isPlanned = false;
      if (this.#clients.size > 0) this.#send(this.#message());
    });
  }

  close(): void {
    this.#cancelBeat();
    for (const client of this.#clients) client.end();
  }

  #message(): string {
    return `event: state\ndata: ${JSON.stringify(this.#state())}\n\n`;
  }

  #send(text: string): void {
    for (const client of this.#clients) {
      if (client.writableLength > MOST_WAITING_BYTES) client.destroy();
      else client.write(text);
    }
  }

  #beat(): void {
    this.#cancelBeat();
    this.#cancelBeat = this.#clock.after(HEARTBEAT_MS, () => {
      if (this.#clients.size === 0) return;
      this.#send(': still here\n\n');
      this.#beat();
    });
  }
}
