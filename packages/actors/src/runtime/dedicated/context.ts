/** What a dedicated actor's function is given. */
import { QueueShutDownError } from '@heddle/core';
import type { Event, Queue, WaitOptions } from '@heddle/core';
import { messageName } from '../report.ts';
import { handled, taken } from '../../observability/tally.ts';
import type { Tally } from '../../observability/tally.ts';
import type { Connection } from '../dedicated-thread.ts';
import type { ActorRef, Answer, Question } from '../ref.ts';
import { checkRef } from '../ref.ts';
import { OutwardRef } from './outward.ts';
import type { OutwardBorder } from './outward.ts';
import type { Inward } from './packet.ts';
import type { BlockingOptions } from './requests.ts';

/** What a dedicated actor has of its surroundings. Its methods may block its thread. */
export class DedicatedContext<M> {
  /** Is set when the actor is asked to stop. */
  readonly stopEvent: Event;
  readonly #inbox: Queue<Inward>;
  readonly #border: OutwardBorder;
  /** Whether messages are handed over one by one, as they are asked for. */
  readonly #oneByOne: boolean;
  readonly #tally: Tally | undefined;
  /** A message is on its way, or will be as soon as there is one. The first needn't be asked for. */
  #isPromised = true;
  /** What it is at, in a box; for the report, should it fail. */
  #handling: { readonly value: M } | undefined;
  #abort: AbortController | undefined;
  readonly #returned = new AbortController();

  /** @internal */
  constructor({ inbox, stopEvent, oneByOne, tally }: Connection, border: OutwardBorder) {
    this.#inbox = inbox;
    this.stopEvent = stopEvent;
    this.#border = border;
    this.#oneByOne = oneByOne;
    this.#tally = tally;
  }

  /**
   * The same as an `AbortSignal`, for `fetch` and whatever else is awaited. It is aborted when the thread's event loop turns, as it does while an async function awaits, or when this is read.
   */
  get stopSignal(): AbortSignal {
    if (this.#abort === undefined) {
      const abort = (this.#abort = new AbortController());
      this.stopEvent.waitAsync({ signal: this.#returned.signal }).then(
        () => abort.abort(),
        () => {},
      );
    }
    if (this.stopEvent.isSet) this.#abort.abort();
    return this.#abort.signal;
  }

  /** @internal Its function has returned, or failed: at which message? */
  end(): string | undefined {
    this.#returned.abort();
    return this.#handling && messageName(this.#handling.value);
  }

  /**
   * Blocks until there is a message, and returns it in a box; `undefined` once the actor has been asked to stop and has had all that it is to handle.
   * Throws core's `QueueEmptyError` when `timeout` milliseconds passed first.
   */
  receive(options?: WaitOptions): { readonly value: M } | undefined {
    let next: Inward;
    this.#handling = undefined;
    if (this.#tally !== undefined) handled(this.#tally);
    if (!this.#isPromised && this.#oneByOne) this.#border.send(['more']);
    this.#isPromised = true;
    try {
      next = this.#inbox.get(options);
      this.#isPromised = false;
      if (this.#tally !== undefined) taken(this.#tally);
    } catch (error) {
      if (error instanceof QueueShutDownError) return undefined;
      throw error;
    }
    const [message, packed] = next;
    return (this.#handling = { value: (packed ? this.#border.packing.unpack(message) : message) as M });
  }

  /** All messages; blocks for each, and ends when the actor is to stop. */
  *[Symbol.iterator](): Generator<M, void, undefined> {
    for (let next = this.receive(); next !== undefined; next = this.receive()) yield next.value;
  }

  /**
   * Asks another actor, and blocks until it has answered: 5000 ms unless `timeout` says otherwise. Throws what `ref.ask` rejects with: `ActorDiedError` at once if the actor is gone or goes, core's
   * `TimeoutError`, what `reply.fail` was given; an `AbortError` when this actor is asked to stop, if it waits `untilStop`; and `TypeError` for the actor itself, which couldn't answer.
   */
  ask<T, const Q extends Question<T>>(
    ref: ActorRef<T>,
    question: Q,
    options: BlockingOptions = {},
  ): Answer<T, Q> {
    return outward(ref, 'ask').askBlocking(question, options) as Answer<T, Q>;
  }

  /**
   * Sends a message, and blocks until the mailbox has taken it: for one whose policy is `block`, until there is room. Throws what `ref.send` rejects with: `MailboxFullError`, `ActorDiedError`, core's
   * `TimeoutError` after `timeout` milliseconds (default: never); an `AbortError` when this actor is asked to stop, if it waits `untilStop`; and `TypeError` for the actor itself. After an error
   * the message isn't delivered.
   */
  send<T>(ref: ActorRef<T>, message: T, options: BlockingOptions = {}): void {
    outward(ref, 'send').sendBlocking(message, options);
  }
}

function outward(ref: unknown, place: string): OutwardRef {
  checkRef(ref, place);
  return ref as OutwardRef;
}
