/** Delivering a message with credit: what waits for room stands in the actor's own line, first come, first served, from whichever thread it comes. */
import { TimeoutError } from '@heddle/core';
import type { AsyncWaitOptions } from '@heddle/core';
import { ActorDiedError, MailboxFullError } from '../errors.ts';
import { ACCEPTED, DISPLACED, DROPPED } from '../mailbox/mailbox.ts';
import { exit } from '../supervision/exit-reason.ts';
import { checkSignal, checkTimeout } from './ask.ts';
import type { Cell } from './cell.ts';
import { take } from './node/claims.ts';
import type { Claim } from './node/claims.ts';

/** Delivers a message when the mailbox takes it. */
export async function sendTo(
  cell: Cell,
  message: unknown,
  options: AsyncWaitOptions | undefined,
  claim: Claim | undefined,
): Promise<void> {
  if (options?.timeout !== undefined) checkTimeout(options.timeout, `send ${cell.path}`);
  if (options?.signal !== undefined) checkSignal(options.signal, `send ${cell.path}`);
  const isWanted = (): boolean => claim === undefined || take(claim);
  if (!deliverNow(cell, message, isWanted)) await credit(cell, message, options, isWanted);
}

/**
 * Delivers a message if nobody has to wait; false if it has to stand in line (`credit`). Throws what `send` rejects with. `claim` decides, at the moment of delivery, whether
 * the sender still wants it; one that doesn't is passed over, as if it had never been there.
 */
export function deliverNow(cell: Cell, message: unknown, claim: () => boolean): boolean {
  if (!cell.open) {
    if (claim()) cell.deadLetter(message, 'stopped');
    throw new ActorDiedError(cell.path, cell.alive ? exit.shutdown : exit.noproc, 'send');
  }
  // Those who wait already are before us.
  if (cell.mailbox.blocks && (!cell.mailbox.hasRoom() || cell.knownBonds?.knownCreditors?.length))
    return false;
  if (!claim()) return true;
  const outcome = cell.post(message);
  // What a policy drops on purpose is no error of the sender.
  if (outcome === ACCEPTED || outcome === DISPLACED || outcome === DROPPED) return true;
  throw new MailboxFullError(`send ${cell.path}: the mailbox is full (${cell.mailbox.size} messages)`);
}

/** Waits in line for room. The message is delivered in the same step in which the room is granted: nobody can take it in between. */
export function credit(
  cell: Cell,
  message: unknown,
  options: AsyncWaitOptions | undefined,
  claim: () => boolean,
): Promise<void> {
  const { dispatcher } = cell;
  const { creditors } = cell.bonds;
  return new Promise((resolve, reject) => {
    const signal = options?.signal;
    const close = (): void => {
      dispatcher.host.release();
      if (timer !== undefined) dispatcher.cancelTimer(timer);
      signal?.removeEventListener('abort', onAbort);
    };
    const creditor = {
      granted() {
        close();
        if (claim()) cell.post(message);
        resolve();
      },
      refused(error: unknown) {
        close();
        reject(error);
      },
    };
    const giveUp = (error: unknown): void => {
      const at = creditors.indexOf(creditor);
      if (at === -1) return;
      creditors.splice(at, 1);
      creditor.refused(error);
    };
    const onAbort = (): void => giveUp(signal!.reason);
    const timeout = options?.timeout;
    const timer =
      timeout === undefined || timeout === Infinity
        ? undefined
        : dispatcher.after(timeout, () =>
            giveUp(new TimeoutError(`send ${cell.path}: no room within ${timeout} ms`)),
          );
    signal?.addEventListener('abort', onAbort, { once: true });
    dispatcher.host.hold();
    creditors.push(creditor);
  });
}
