/** What goes wrong with actors, as classes, so that callers can tell the cases apart. */
import { HeddleError, registerErrorClass } from '@heddle/core';
import { describeReason } from './supervision/exit-reason.ts';
import type { ExitReason } from './supervision/exit-reason.ts';

/** The actor that was asked, sent to or started has ended; `reason` says why. `noproc` if it was gone before. */
export class ActorDiedError extends HeddleError {
  static {
    this.prototype.name = 'ActorDiedError';
  }

  /** Why it ended. */
  readonly reason: ExitReason;

  constructor(path: string, reason: ExitReason, doing: string) {
    super(
      `${doing} ${path}: the actor has ended (${describeReason(reason)})`,
      reason.type === 'error' ? { cause: reason.error } : {},
    );
    this.reason = reason;
  }
}

/** The actor that was asked answered with `next.unhandled()`: the question means nothing to it. */
export class UnhandledMessageError extends HeddleError {
  static {
    this.prototype.name = 'UnhandledMessageError';
  }
}

/** A bounded mailbox had no room for what `send` or `ask` wanted to deliver. */
export class MailboxFullError extends HeddleError {
  static {
    this.prototype.name = 'MailboxFullError';
  }
}

/** The stash of an actor had no room; the message that was to be stashed is the one being handled. */
export class StashFullError extends HeddleError {
  static {
    this.prototype.name = 'StashFullError';
  }
}

/** The name is taken; the message says by whom. */
export class NameTakenError extends HeddleError {
  static {
    this.prototype.name = 'NameTakenError';
  }
}

/** A supervisor refused a call; `code` says why, in OTP's words. */
export class SupervisorError extends HeddleError {
  static {
    this.prototype.name = 'SupervisorError';
  }

  /** `alreadyStarted`, `alreadyPresent`, `notFound`, `running`, `restarting`, `dynamic` or `startFailed`. */
  readonly code: SupervisorErrorCode;

  constructor(code: SupervisorErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

export type SupervisorErrorCode =
  | 'alreadyStarted'
  | 'alreadyPresent'
  | 'notFound'
  | 'running'
  | 'restarting'
  | 'dynamic'
  | 'startFailed';

// Whoever asks from another thread can tell them apart, too.
for (const each of [
  ActorDiedError,
  UnhandledMessageError,
  MailboxFullError,
  StashFullError,
  NameTakenError,
  SupervisorError,
])
  registerErrorClass(each);
