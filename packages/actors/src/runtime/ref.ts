/**
 * References: what one actor knows of another. A ref is an address, not the actor: it stays the same when the actor is restarted, and outlives it.
 */
import type { AsyncWaitOptions } from '@heddle/core';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { InternalSignal } from './signal.ts';

/**
 * Where the answer to an `ask` goes. Answering a second time, or too late, makes a dead letter.
 */
export interface Reply<in R> {
  /** Answers. Never throws, never blocks. */
  tell(value: R): void;
  /** Makes the `ask` reject with `error`. */
  fail(error: unknown): void;
}

/** The messages of `M` that expect an answer, without their `reply`: what `ask` takes. */
export type Question<M> = M extends unknown ? ('reply' extends keyof M ? Omit<M, 'reply'> : never) : never;

/** What comes back for a question. */
export type Answer<M, Q> = M extends unknown
  ? 'reply' extends keyof M
    ? Q extends Omit<M, 'reply'>
      ? NonNullable<M['reply']> extends Reply<infer R>
        ? R
        : never
      : never
    : never
  : never;

/** How long an `ask` waits: 5000 ms unless `timeout` says otherwise (`Infinity`: for ever). */
export type AskOptions = AsyncWaitOptions;

/**
 * The address of an actor that understands messages of type `M`. One that understands more can stand for one that must understand less:
 * `ActorRef<A | B>` is an `ActorRef<A>`, not the reverse.
 */
export abstract class ActorRef<in M> {
  /** Delivers a message, sometime after this. Never throws into the sender, never blocks; what can't be delivered becomes a dead letter. Per sender, first in, first out. */
  abstract tell(message: M): void;

  /**
   * Delivers a message and resolves once the mailbox has taken it: at once, or for a mailbox whose policy is `block`, when there is room.
   * Rejects with `MailboxFullError` if the mailbox refuses it, with `ActorDiedError` if the actor has ended or ends before there is room, and with
   * core's `TimeoutError` or `signal.reason`, and then the message isn't delivered.
   */
  abstract send(message: M, options?: AsyncWaitOptions): Promise<void>;

  /**
   * Sends a question, which is a message without its `reply`, and resolves to what the actor answers with `message.reply.tell(…)`.
   * Rejects with `ActorDiedError` at once if the actor is gone, or ends or is restarted after it took the question, with what the handler threw at it if the actor goes on (`resume`),
   * with `UnhandledMessageError` if it returned `next.unhandled()`, with `MailboxFullError` if the mailbox didn't take it, with what `reply.fail` was given, with `TimeoutError`, or with `signal.reason`.
   * Holds the event loop meanwhile. Source of the semantics: OTP's `gen_server:call`.
   */
  abstract ask<T, const Q extends Question<T>>(
    this: ActorRef<T>,
    question: Q,
    options?: AskOptions,
  ): Promise<Answer<T, Q>>;

  /** A number that no other actor of the system has. */
  abstract readonly id: number;

  /** The names from the root: `/shop/counter`. */
  abstract readonly path: string;

  /** Whether the actor is there (snapshot). During a restart it is. */
  abstract readonly alive: boolean;

  /** Resolves with the reason when the actor ends, at once if it has ended: with `noproc`. Holds the event loop meanwhile. */
  abstract whenStopped(options?: AsyncWaitOptions): Promise<ExitReason>;

  /** For logs: `<Actor /shop/counter>`. */
  toString(): string {
    return `<Actor ${this.path}>`;
  }

  /** @internal Delivers a signal of the runtime. */
  abstract signal(signal: InternalSignal): void;
}

/** Throws `TypeError` for what is no ref. */
export function checkRef(ref: unknown, place: string): void {
  if (!(ref instanceof ActorRef))
    throw new TypeError(`${place}: expected the ref of an actor, got ${String(ref)} (${typeof ref})`);
}

/** Throws `TypeError` for what can't be asked. */
export function checkQuestion(question: unknown, path: string): void {
  if (typeof question === 'object' && question !== null) return;
  throw new TypeError(
    `ask ${path}: a question must be an object, to which \`reply\` is added, got ${String(question)} (${typeof question})`,
  );
}
