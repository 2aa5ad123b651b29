/** Messages that are not simply put into the mailbox, and dead letters. */
import { MailboxFullError } from '../../errors.ts';
import type { Offered } from '../../mailbox/mailbox.ts';
import { DISPLACED, DROPPED, FAULTY } from '../../mailbox/mailbox.ts';
import { exit } from '../../supervision/exit-reason.ts';
import { askOf } from '../ask.ts';
import type { Cell } from '../cell.ts';
import type { DeadLetterReason } from '../dead-letters.ts';
import { Envelope } from '../envelope.ts';
import type { ActorRef } from '../ref.ts';
import { failUnhandled } from './lost-questions.ts';
import { STATE } from './state.ts';

export function notPlainly(cell: Cell, message: unknown, outcome: Offered): Offered {
  if (outcome === DISPLACED) {
    cell.deadLetter(
      cell.mailbox.takeDisplaced(),
      cell.options.mailbox?.whenFull === 'latestByKey' ? 'superseded' : 'dropped',
    );
    cell.wake();
  } else if (outcome === FAULTY) {
    cell.callbackFailed('mailbox', cell.mailbox.takeDisplaced());
    cell.deadLetter(message, 'faulty');
  } else {
    cell.deadLetter(message, outcome === DROPPED ? 'dropped' : 'mailboxFull');
  }
  return outcome;
}

/** While nobody handles them, messages may not grow without bound: the newest are turned away. */
export function tooManyWait({ state, mailbox, options, stashCapacity }: Cell): boolean {
  if (state !== STATE.restarting && state !== STATE.dead) return false;
  return mailbox.size >= stashCapacity && options.mailbox?.capacity === undefined;
}

export function makeDeadLetter(cell: Cell, message: unknown, reason: DeadLetterReason): void {
  const ask = askOf(message);
  if (ask !== undefined) {
    if (reason === 'stopped') ask.died(cell.alive ? exit.shutdown : cell.lastReason);
    else if (reason === 'unhandled') failUnhandled(cell, ask, message);
    else ask.fail(new MailboxFullError(`ask ${cell.path}: the message was not taken (${reason})`));
  }
  let content = message;
  if (message instanceof Envelope) {
    content = message.content;
    // A timer goes on when its tick was dropped.
    if (reason !== 'stopped') message.done();
  }
  cell.runtime.deadLetters.add({
    message: content,
    to: cell.ref as ActorRef<never>,
    path: cell.path,
    reason,
  });
}
