// What a sender over TCP is told: cumulative acknowledgements and errors, as lines of JSON. A sender that doesn't read them costs a bounded
// buffer: acknowledgements are summed up until there is room, errors are counted.

import type { Socket } from 'node:net';
import type { Receipt } from '../intake/receipt.ts';

const MOST_BUFFERED_BYTES = 64 * 1024;

export class Replies {
  readonly #socket: Socket;
  readonly #acks: boolean;
  #told = 0;
  #omitted = 0;
  #receipt: Receipt | undefined;

  constructor(socket: Socket, options: { readonly acks: boolean }) {
    this.#socket = socket;
    this.#acks = options.acks;
    socket.on('drain', () => this.#receipt !== undefined && this.tell(this.#receipt));
  }

  /** Tells what is new. */
  tell(receipt: Receipt): void {
    this.#receipt = receipt;
    for (const { line, error } of receipt.takeRefused()) this.error(error, line);
    if (!this.#acks || receipt.settled === this.#told || !this.#hasRoom) return;
    this.#told = receipt.settled;
    this.#write({ ack: receipt.settled, ...(receipt.dropped > 0 ? { dropped: receipt.dropped } : {}) });
  }

  error(error: string, line?: number): void {
    if (!this.#hasRoom) {
      this.#omitted += 1;
      return;
    }
    const omitted = this.#omitted > 0 ? { errorsOmitted: this.#omitted } : {};
    this.#omitted = 0;
    this.#write({ error, ...(line === undefined ? {} : { line }), ...omitted });
  }

  get #hasRoom(): boolean {
    return this.#socket.writable && this.#socket.writableLength < MOST_BUFFERED_BYTES;
  }

  #write(reply: object): void {
    this.#socket.write(`${JSON.stringify(reply)}\n`);
  }
}
