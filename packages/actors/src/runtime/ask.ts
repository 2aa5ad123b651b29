/**
 * A question under way. It is settled once: by the answer, the end of the actor, the timeout or the signal, whichever is first; what comes after is a
 * dead letter. Nothing of it goes through the asker's own mailbox.
 */
import { TimeoutError } from '@heddle/core';
import { ActorDiedError } from '../errors.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { Dispatcher } from './dispatcher.ts';
import { contentOf } from './envelope.ts';
import type { DeadLetterReason } from './dead-letters.ts';
import type { AskOptions, Reply } from './ref.ts';

/** As OTP's `gen_server:call`. */
export const ASK_TIMEOUT_MS = 5000;

/** Where an answer goes, on this thread or another. */
export abstract class OpenAsk implements Reply<unknown> {
  abstract tell(value: unknown): void;
  abstract fail(error: unknown): void;
  /** The actor has ended without an answer. */
  abstract died(reason: ExitReason): void;
}

/** Whom a question is for, as far as the question needs to know. */
export interface Asked {
  /** For errors; `ask` if omitted. */
  readonly doing?: string;
  readonly path: string;
  /** Where it is known as long as it is open, so that it hears of the actor's end; `undefined` if it hears of that by its number. */
  readonly asks: Set<OpenAsk> | undefined;
  lateReply(value: unknown, reason: DeadLetterReason): void;
}

/** Who keeps questions under their numbers. */
export interface Keeper {
  settled(ask: PendingAsk, answered: boolean): void;
}

export class PendingAsk extends OpenAsk {
  readonly promise: Promise<unknown>;
  #resolve!: (value: unknown) => void;
  #reject!: (error: unknown) => void;
  #open = true;
  /** The thread that it went to directly, or -1. */
  slot = -1;
  /** By which other threads know it; 0 for none. */
  number = 0;
  /** Who knows it by that. */
  keeper: Keeper | undefined = undefined;
  readonly #asked: Asked;
  readonly #dispatcher: Dispatcher;
  #timer: number | undefined;
  #signal: AbortSignal | undefined;
  #onAbort: (() => void) | undefined;

  constructor(asked: Asked, dispatcher: Dispatcher, options: AskOptions | undefined) {
    super();
    this.#asked = asked;
    this.#dispatcher = dispatcher;
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    const timeout = options?.timeout ?? ASK_TIMEOUT_MS;
    if (timeout !== Infinity) {
      this.#timer = dispatcher.after(timeout, () =>
        this.fail(new TimeoutError(`ask ${asked.path}: no answer within ${timeout} ms`)),
      );
    }
    const signal = options?.signal;
    if (signal !== undefined) {
      this.#signal = signal;
      this.#onAbort = () => this.fail(signal.reason);
      signal.addEventListener('abort', this.#onAbort, { once: true });
    }
    asked.asks?.add(this);
    dispatcher.host.hold();
  }

  /** Whom it was for. */
  get path(): string {
    return this.#asked.path;
  }

  override tell(value: unknown): void {
    if (!this.#open) return this.#asked.lateReply(value, 'lateReply');
    this.#close(true);
    this.#resolve(value);
  }

  override fail(error: unknown): void {
    if (!this.#open) return;
    this.#close(false);
    this.#reject(error);
  }

  override died(reason: ExitReason): void {
    this.fail(new ActorDiedError(this.#asked.path, reason, this.#asked.doing ?? 'ask'));
  }

  #close(answered: boolean): void {
    this.#open = false;
    this.keeper?.settled(this, answered);
    if (this.#timer !== undefined) this.#dispatcher.cancelTimer(this.#timer);
    if (this.#onAbort !== undefined) this.#signal!.removeEventListener('abort', this.#onAbort);
    this.#asked.asks?.delete(this);
    this.#dispatcher.host.release();
  }
}

/** The question that a message carries, if it does. */
export function askOf(message: unknown): OpenAsk | undefined {
  // The content of an adapted question is the question as it was asked.
  const bare = contentOf(message);
  if (typeof bare !== 'object' || bare === null) return undefined;
  const { reply } = bare as { reply?: unknown };
  return reply instanceof OpenAsk ? reply : undefined;
}

/** Throws `RangeError` for a bad timeout, as core does. */
export function checkTimeout(timeout: number | undefined, place: string): void {
  if (timeout === undefined) return;
  if (typeof timeout !== 'number') {
    throw new TypeError(
      `${place}: timeout must be a number of milliseconds, got ${String(timeout)} (${typeof timeout})`,
    );
  }
  if (!(timeout >= 0))
    throw new RangeError(`${place}: timeout must be 0 or more milliseconds, got ${timeout}`);
}

/** Throws the reason of one that is aborted, and `TypeError` for what is no signal. */
export function checkSignal(signal: AbortSignal, place: string): void {
  if (typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted !== 'function')
    throw new TypeError(`${place}: signal must be an AbortSignal, got ${String(signal)} (${typeof signal})`);
  signal.throwIfAborted();
}
