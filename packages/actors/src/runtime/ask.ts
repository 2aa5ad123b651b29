/**
 * A question under way. It is settled once: by the answer, the end of the actor, the timeout or the signal, whichever is first; what comes after is a
 * dead letter. Nothing of it goes through the asker's own mailbox.
 */
import { TimeoutError } from '@heddle/core';
import { ActorDiedError } from '../errors.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { NEVER } from '../timers/deadlines.ts';
import type { Due } from '../timers/deadlines.ts';
import type { Asks } from './asks.ts';
import type { Dispatcher } from './dispatcher.ts';
import { contentOf } from './envelope.ts';
import type { DeadLetterReason } from './dead-letters.ts';
import type { AskOptions, Reply } from './ref.ts';

/** How long a question waits that doesn't say so itself: as OTP's `gen_server:call`. */
export const ASK_TIMEOUT_MS = 5000;

/** Where an answer goes, on this thread or another. */
export abstract class OpenAsk implements Reply<unknown> {
  /** Where it is known as long as it is open, so that it hears of the actor's end, and its neighbours there. */
  list: Asks | undefined = undefined;
  before: OpenAsk | undefined = undefined;
  after: OpenAsk | undefined = undefined;
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
  /** Where it is known as long as it is open; `undefined` if it hears of the actor's end by its number. */
  readonly asks: Asks | undefined;
  lateReply(value: unknown, reason: DeadLetterReason): void;
}

/** Who keeps questions under their numbers. */
export interface Keeper {
  settled(ask: PendingAsk, answered: boolean): void;
}

type Settle = (value: unknown) => void;

let nextResolve: Settle;
let nextReject: Settle;
/** One for all promises: a closure for each would be one more thing to make. */
const keepBoth = (resolve: Settle, reject: Settle): void => {
  nextResolve = resolve;
  nextReject = reject;
};

export class PendingAsk extends OpenAsk implements Due {
  readonly promise: Promise<unknown>;
  readonly #resolve: Settle;
  readonly #reject: Settle;
  #open = true;
  earlier: Due | undefined = undefined;
  later: Due | undefined = undefined;
  due: number = NEVER;
  /** The thread that it went to directly, or -1. */
  slot = -1;
  /** By which other threads know it; 0 for none. */
  number = 0;
  /** Who knows it by that. */
  keeper: Keeper | undefined = undefined;
  readonly #asked: Asked;
  readonly #dispatcher: Dispatcher;
  /** Ends a timer of its own, and what it hears of a signal. */
  #forget: (() => void) | undefined = undefined;

  /** It does nothing else, so that the engine takes it in where it is called. */
  constructor(asked: Asked, dispatcher: Dispatcher) {
    super();
    this.#asked = asked;
    this.#dispatcher = dispatcher;
    this.promise = new Promise(keepBoth);
    this.#resolve = nextResolve;
    this.#reject = nextReject;
  }

  /** To be called once. `looksSoon`: whoever makes it has the dispatcher told of a look at the clock, in a moment. */
  begin(options: AskOptions | undefined, looksSoon: boolean): void {
    if (options !== undefined) this.#heed(options);
    if (options?.timeout === undefined) this.#dispatcher.startDeadline(this, looksSoon);
    this.#asked.asks?.add(this);
    this.#dispatcher.host.hold();
  }

  #heed({ timeout = Infinity, signal }: AskOptions): void {
    if (timeout === Infinity && signal === undefined) return;
    const dispatcher = this.#dispatcher;
    const timer = timeout === Infinity ? -1 : dispatcher.after(timeout, () => this.#expire(timeout));
    const onAbort = (): void => this.fail(signal!.reason);
    signal?.addEventListener('abort', onAbort, { once: true });
    this.#forget = () => {
      if (timer !== -1) dispatcher.cancelTimer(timer);
      signal?.removeEventListener('abort', onAbort);
    };
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

  /** The default timeout is over. */
  expire(): void {
    this.#expire(ASK_TIMEOUT_MS);
  }

  #expire(timeout: number): void {
    this.fail(new TimeoutError(`ask ${this.#asked.path}: no answer within ${timeout} ms`));
  }

  override died(reason: ExitReason): void {
    this.fail(new ActorDiedError(this.#asked.path, reason, this.#asked.doing ?? 'ask'));
  }

  #close(answered: boolean): void {
    this.#open = false;
    this.keeper?.settled(this, answered);
    if (this.due !== NEVER) this.#dispatcher.endDeadline(this);
    this.#forget?.();
    this.list?.remove(this);
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
