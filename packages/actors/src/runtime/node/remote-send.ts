/**
 * `send` to an actor on another thread. The message travels with the request and waits there, in the actor's line, for room; the answer says what became of it.
 *
 * A sender that gives up must know whether the message was delivered, also when the other thread stands still. So a request that can be given up carries a claim (`claims.ts`), and whoever takes
 * it first decides: the receiver, at the moment of delivery, or the sender, who then rejects.
 */
import { TimeoutError } from '@heddle/core';
import type { AsyncWaitOptions } from '@heddle/core';
import { ActorDiedError, MailboxFullError } from '../../errors.ts';
import { PendingAsk } from '../ask.ts';
import type { Cell } from '../cell.ts';
import type { Node } from '../node.ts';
import { MOST_SLOTS } from '../runtime.ts';
import { credit, deliverNow } from '../send.ts';
import { take } from './claims.ts';
import type { Claim } from './claims.ts';

/** Sends, and resolves when the mailbox over there has taken the message. `foreign` is the claim of the thread in whose place it is sent: it gives up first, and this then. */
export async function sendAway(
  node: Node,
  id: number,
  path: string,
  message: unknown,
  options: AsyncWaitOptions | undefined,
  foreign?: Claim,
): Promise<void> {
  const { dispatcher } = node.runtime;
  const slot = id % MOST_SLOTS;
  const timeout = options?.timeout ?? Infinity;
  const signal = options?.signal;
  const own =
    foreign !== undefined || (timeout === Infinity && signal === undefined) ? undefined : node.claims.open();
  const claim = foreign ?? own;
  const asked = { ...node.asked(path), doing: 'send' };
  const verdict = new PendingAsk(asked, dispatcher);
  verdict.begin({ timeout: Infinity }, false);
  const number = node.send(slot, id, path, message, claim, verdict);
  const giveUp = (error: unknown): void => {
    // Delivered already: what became of it is on its way.
    if (own !== undefined && !take(own)) return;
    node.outbox.post(slot, ['unsend', number]);
    verdict.fail(error);
  };
  const onAbort = (): void => giveUp(signal!.reason);
  signal?.addEventListener('abort', onAbort, { once: true });
  const timer = dispatcher.after(timeout, () =>
    giveUp(new TimeoutError(`send ${path}: no room within ${timeout} ms`)),
  );
  try {
    await verdict.promise;
  } finally {
    dispatcher.cancelTimer(timer);
    signal?.removeEventListener('abort', onAbort);
    if (own !== undefined) node.claims.close(own);
  }
}

/** Requests from other threads that wait here for room. */
export class Sends {
  readonly #waiting = new Map<number, AbortController>();

  /** Takes a request in. */
  deliver(node: Node, cell: Cell, message: unknown, number: number, claim: Claim | undefined): void {
    const isWanted = (): boolean => claim === undefined || take(claim);
    try {
      if (deliverNow(cell, message, isWanted)) this.#answer(node, number, undefined);
      else this.#wait(node, cell, message, number, claim !== undefined, isWanted);
    } catch (error) {
      this.#answer(node, number, { error });
    }
  }

  #wait(
    node: Node,
    cell: Cell,
    message: unknown,
    number: number,
    mayBeGivenUp: boolean,
    isWanted: () => boolean,
  ): void {
    // If nobody gives it up: no need to find it again.
    const controller = mayBeGivenUp ? new AbortController() : undefined;
    if (controller !== undefined) this.#waiting.set(number, controller);
    const over = (failed?: { error: unknown }): void => {
      this.#waiting.delete(number);
      this.#answer(node, number, failed);
    };
    credit(cell, message, controller && { signal: controller.signal }, isWanted).then(
      () => over(),
      (error: unknown) => over({ error }),
    );
  }

  /** At once: the message may keep this thread for long. */
  #answer(node: Node, number: number, failed: { error: unknown } | undefined): void {
    const slot = number % MOST_SLOTS;
    const { error } = failed ?? {};
    if (error instanceof ActorDiedError) node.outbox.post(slot, ['died', number, error.reason]);
    else if (failed === undefined) node.outbox.post(slot, ['sent', number]);
    else node.outbox.post(slot, ['fail', number, error]);
    node.outbox.send(slot);
  }

  /** There is no room, and there won't be before the actor is started again. */
  refuse(node: Node, cell: Cell, number: number): void {
    const error = new MailboxFullError(
      `send ${cell.path}: ${cell.stashCapacity} messages wait for its restart already`,
    );
    this.#answer(node, number, { error });
  }

  /** The sender has given up: it leaves the line. */
  withdraw(number: number): void {
    this.#waiting.get(number)?.abort();
  }
}
