/**
 * An open port: what is put into the other side's inbox, what is taken out of its own, and how it hears that nobody is there any more.
 *
 * State word (OBJECT.state): 0 fresh, 1 opened. Set once, by compare-exchange: the inbox has one reader.
 *
 * HELLO comes first and tells the thread; from then on this side waits for that thread's end, as a joiner in line, so it hears of any death that a joiner
 * hears of.
 *
 * No call waits for the dead, and no answer is lost to a death:
 *  1. What the dead had posted is in our inbox before its record says that it has finished.
 *  2. Whoever hears of the end puts GONE into the inbox: behind all that.
 *  3. GONE, when it is read, rejects the calls that are still open. One that is made later finds the port closed.
 * A thread that dies before it has opened its port leaves no HELLO. Then its reference to the port is returned, and if it was the last, the other side is told
 * by ABANDONED, a word of the channel for each port; but it may be long before the thread that made the port lets go of its own. So there is `watch`.
 */
import { hot, i32 } from '../atomics.ts';
import { ThreadDiedError, ThreadStateError } from '../errors.ts';
import { THREAD_FLAG } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { inBackground, waitInLine } from '../parking/async.ts';
import { SimpleQueue } from '../queue/simple-queue.ts';
import { currentThread } from '../thread/current-thread.ts';
import { joinLine } from '../thread/life.ts';
import { hasFlag } from '../thread/record.ts';
import { Thread } from '../thread/thread.ts';
import {
  ABANDONED,
  BELLS,
  CHANNEL,
  CHANNEL_BYTES,
  CLOSED,
  GONE,
  HELLO,
  MESSAGE,
  QUEUES,
  SIDE,
  addressOf,
  leaveQueue,
  queueAt,
} from './channel.ts';
import type { Item } from './channel.ts';
import { closeInbox, openInbox, ring } from './inboxes.ts';
import type { Reader } from './inboxes.ts';

const { compareExchange, load } = hot;

/** OBJECT.state of a port. */
const FRESH = 0;
const OPENED = 1;

/** So many messages are taken in one turn of the event loop. */
const BATCH = 256;

/** Makes the error of a call, as it is called, that nobody answers. */
export type Ending = (call: string) => Error;

/** Who is told what comes. */
export interface Hearer {
  arrive(message: unknown): void;
  /** Nothing comes any more. */
  end(ending: Ending): void;
}

/** What an open port works with. */
export class Link {
  readonly #inbox: SimpleQueue<Item>;
  readonly #outbox: SimpleQueue<Item>;
  readonly #reader: Reader;
  /** The bell of the other side's inbox. */
  readonly #bell: number;
  /** The word that says that the other port is no more. */
  readonly #abandoned: number;
  readonly #hearer: Hearer;
  readonly #stop = new AbortController();
  readonly #watched = new Set<number>();
  #open = true;

  /** Opens the port for this thread. Throws `ThreadStateError` if it is open in another. */
  constructor(port: number, hearer: Hearer) {
    if (compareExchange(port, FRESH, OPENED) !== FRESH)
      throw new ThreadStateError(
        'SharedPort: it is open in another thread already; each port is for one thread',
      );
    const channel = i32[port + CHANNEL]!;
    const side = i32[port + SIDE]! as 0 | 1;
    const other = side === 0 ? 1 : 0;
    ensureMapped(channel + CHANNEL_BYTES / 4);
    this.#hearer = hearer;
    this.#inbox = queueAt(channel + QUEUES + side);
    this.#outbox = queueAt(channel + QUEUES + other);
    this.#reader = { bell: channel + BELLS[side], read: () => this.#read() };
    this.#bell = channel + BELLS[other];
    this.#abandoned = channel + ABANDONED + other;
  }

  /** Tells the other side whose port this is, and reads what comes. */
  greet(): void {
    this.#send([HELLO, currentThread()]);
    openInbox(this.#reader);
  }

  /** Posts a message; `buffers` are moved. Never blocks. */
  post(payload: unknown, buffers: readonly ArrayBuffer[] = []): void {
    this.#send([MESSAGE, payload], buffers);
  }

  /** Tells the other side that this one has closed. */
  sayClosed(): void {
    this.#send([CLOSED]);
  }

  #send(item: Item, buffers: readonly ArrayBuffer[] = []): void {
    if (buffers.length === 0) this.#outbox.put(item);
    else this.#outbox.put(item, { transfer: buffers });
    ring(this.#bell);
  }

  /** Takes what has come; returns whether there is more. */
  #read(): boolean {
    // Looked at first: it is set after all that was put, so then the inbox has all there will ever be.
    const abandoned = this.#open && load(this.#abandoned) !== 0;
    for (let count = 0; count < BATCH; count++) {
      if (!this.#open) return false;
      try {
        const taken = this.#inbox.tryGet();
        if (taken === undefined) {
          // If its thread is known, that thread's end will say more.
          if (abandoned && this.#watched.size === 0) this.#hearer.end(abandonment);
          return false;
        }
        this.#take(...taken.value);
      } catch (error) {
        // It can't be decoded here, or there is no shared memory left to answer with. Listeners' own errors don't come here.
        this.#hearer.end(
          call => new ThreadStateError(`${call}: what came can't be dealt with`, { cause: error }),
        );
        return false;
      }
    }
    return true;
  }

  #take(code: number, payload?: unknown): void {
    if (code === MESSAGE) this.#hearer.arrive(payload);
    else if (code === HELLO) {
      // Our own thread, if it has both ports, and the main thread end with us.
      const record = addressOf(payload as Thread);
      if (!hasFlag(record, THREAD_FLAG.main) && payload !== currentThread()) this.watch(payload as Thread);
    } else if (code === CLOSED)
      this.#hearer.end(call => new ThreadStateError(`${call}: the other side has closed the port`));
    else this.#hearer.end(call => deathOf(payload as Thread, call));
  }

  /** Hears of the end of a thread, by GONE. */
  watch(thread: Thread): void {
    const record = addressOf(thread);
    if (!this.#open || this.#watched.has(record)) return;
    this.#watched.add(record);
    const { signal } = this.#stop;
    inBackground(() => waitInLine(thread, record, joinLine, Infinity, signal)).then(
      () => {
        if (!this.#open) return;
        this.#inbox.put([GONE, thread]);
        ring(this.#reader.bell);
      },
      () => {},
    );
  }

  /** Nothing is read any more, and no end is heard of. What was posted stays in the queue for the other side. */
  stop(): void {
    this.#open = false;
    this.#stop.abort();
  }

  /** Gives the queues up, after `stop`. */
  leave(): void {
    closeInbox(this.#reader);
    leaveQueue(this.#inbox);
    leaveQueue(this.#outbox);
  }
}

function abandonment(call: string): ThreadDiedError {
  return new ThreadDiedError(`${call}: nobody has the other port any more, so no answer comes`);
}

function deathOf(thread: Thread, call: string): ThreadDiedError {
  const text = `${call}: Thread "${thread.name}" has ended, so no answer comes`;
  try {
    thread.result({ timeout: 0 });
  } catch (error) {
    // A worker that Heddle didn't start leaves no result.
    if (!(error instanceof ThreadStateError)) return new ThreadDiedError(text, { cause: error });
  }
  return new ThreadDiedError(
    `${text}; let its function return port.closed, so that it lives while it serves`,
  );
}
