/** Messages that reached nobody. Each is counted and shown to whoever listens; the log gets summaries, however many they are. */
import type { ActorRef } from './ref.ts';

/**
 * - `stopped`: the actor has ended, or ended before the message's turn.
 * - `mailboxFull`: refused by a full mailbox.
 * - `dropped`: a full mailbox dropped it, or an older one for a newer.
 * - `superseded`: a newer message of the same key took its place.
 * - `unhandled`: the actor said that it means nothing to it.
 * - `lateReply`: the answer to an `ask` that was given up, or had been answered.
 * - `restarted`: a tick or result meant for an earlier incarnation.
 * - `notShareable`: it can't travel to the actor's thread.
 * - `faulty`: the mailbox's own `priority` or `key` function threw.
 * - `threadDied`: it was in the memory of a thread that died, and nobody but that thread knew what it was.
 */
export type DeadLetterReason =
  | 'stopped'
  | 'mailboxFull'
  | 'dropped'
  | 'superseded'
  | 'unhandled'
  | 'lateReply'
  | 'restarted'
  | 'faulty'
  | 'notShareable'
  | 'threadDied';

/** A message that reached nobody. */
export interface DeadLetter {
  readonly message: unknown;
  readonly to: ActorRef<never> | undefined;
  readonly path: string;
  readonly reason: DeadLetterReason;
  /** How many it stands for, if it isn't one: of `threadDied` only the numbers are known, and `message` is `undefined`. */
  readonly count?: number;
}

/**
 * Whether a message is one that the library's own actors tell each other, by the first character of its type. Nothing of a user's is lost with it: who waits for it hears of the end
 * otherwise.
 */
function isInternal(message: unknown): boolean {
  if (typeof message !== 'object' || message === null) return false;
  const { type } = message as { type?: unknown };
  return typeof type === 'string' && type.startsWith('\0');
}

export class DeadLetters {
  /** How many there were. */
  count = 0;
  readonly #listeners = new Set<(letter: DeadLetter) => void>();
  readonly #onError: (error: unknown) => void;
  readonly #onFirst: () => void;
  #since: Partial<Record<DeadLetterReason, number>> = {};
  #sinceCount = 0;

  /** @internal `onFirst` is called for the first one since the last summary. */
  constructor(onError: (error: unknown) => void, onFirst: () => void) {
    this.#onError = onError;
    this.#onFirst = onFirst;
  }

  /** Calls `listener` for each from now on; returns the function that ends this. A listener that throws is removed. */
  subscribe(listener: (letter: DeadLetter) => void): () => void {
    if (typeof listener !== 'function')
      throw new TypeError(
        `deadLetters.subscribe: expected a function, got ${String(listener)} (${typeof listener}); for actors there is events.subscribe(topics.deadLetters, ref)`,
      );
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** @internal */
  add(letter: DeadLetter): void {
    const { message, reason, count = 1 } = letter;
    if (isInternal(message)) return;
    this.count += count;
    if (this.#sinceCount === 0) this.#onFirst();
    this.#sinceCount += count;
    this.#since[reason] = (this.#since[reason] ?? 0) + count;
    for (const listener of this.#listeners) {
      try {
        listener(letter);
      } catch (error) {
        // Otherwise each letter would make a report, which may make a letter.
        this.#listeners.delete(listener);
        this.#onError(error);
      }
    }
  }

  /** @internal What came since the last call. */
  summary(): { count: number; reasons: Partial<Record<DeadLetterReason, number>> } {
    const summary = { count: this.#sinceCount, reasons: this.#since };
    this.#sinceCount = 0;
    this.#since = {};
    return summary;
  }
}
