/**
 * What becomes of the questions that an instance took and won't answer any more. Nobody waits for a timeout on account of an error that is known already:
 *
 * | what happened to the message | the question rejects with |
 * |---|---|
 * | the actor ended, or was restarted, by it or since | `ActorDiedError` |
 * | its handler threw, and the actor goes on (`resume`) | what was thrown |
 * | `next.unhandled()` | `UnhandledMessageError` |
 *
 * What still waits, in the mailbox or in the stash, is not taken yet: it is for the next instance.
 */
import { UnhandledMessageError } from '../../errors.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import { askOf } from '../ask.ts';
import type { OpenAsk } from '../ask.ts';
import type { Cell } from '../cell.ts';
import { contentOf } from '../envelope.ts';
import { messageName } from '../report.ts';

/** The instance is gone: all that it took fail. Its stash must be back in the mailbox. */
export function failTaken(cell: Cell, reason: ExitReason): void {
  const asks = cell.knownBonds?.knownAsks;
  if (asks === undefined || asks.empty) return;
  const waiting = new Set<OpenAsk>();
  for (const message of cell.mailbox) {
    const ask = askOf(message);
    if (ask !== undefined) waiting.add(ask);
  }
  for (const ask of asks.all()) if (!waiting.has(ask)) ask.died(reason);
}

/** The handler threw at this message, and the actor goes on without it, unless it has put it aside for later. */
export function failResumed(cell: Cell, message: unknown, error: unknown): void {
  const ask = askOf(message);
  if (ask !== undefined && cell.knownBonds?.hasStashed(message) !== true) ask.fail(error);
}

export function failUnhandled(cell: Cell, ask: OpenAsk, message: unknown): void {
  ask.fail(
    new UnhandledMessageError(
      `ask ${cell.path}: the actor does not handle ${JSON.stringify(messageName(contentOf(message)))}`,
    ),
  );
}
