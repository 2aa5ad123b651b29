/** How one message is handled, and what is done with what the handler returns. */
import { checkBehavior } from '../../behavior/behavior.ts';
import type { Behavior } from '../../behavior/behavior.ts';
import { BECOME, CONTINUE, Next, STOP, UNHANDLED } from '../../behavior/next.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import { Envelope } from '../envelope.ts';
import { failed } from './failure.ts';
import { STATEFUL } from './marks.ts';
import { BUSY } from './state.ts';
import type { AnyBehavior } from './state.ts';
import { beginStop } from './stop.ts';

export function handle(cell: Cell, message: unknown): void {
  cell.handled += 1;
  cell.runtime.dispatcher.processed += 1;
  if (message instanceof Envelope) return handleEnvelope(cell, message);
  const { incarnation } = cell;
  let result: unknown;
  try {
    result = receive(cell, message);
  } catch (error) {
    if (incarnation !== cell.incarnation) return;
    finishMessage(cell, undefined);
    failed(cell, error, message);
    return;
  }
  if (incarnation !== cell.incarnation) return;
  if (result !== undefined && settle(cell, result, message, undefined)) return;
  finishMessage(cell, undefined);
}

function handleEnvelope(cell: Cell, envelope: Envelope): void {
  const { incarnation } = cell;
  let message: unknown = envelope;
  let result: unknown;
  try {
    const box = envelope.open();
    if (box === undefined) {
      // It took up room all the same.
      if (cell.mailbox.blocks) grantCredit(cell);
      return;
    }
    const inner = box.message;
    message = inner;
    result = envelope.around(() => receive(cell, inner));
  } catch (error) {
    envelope.failed(error);
    if (incarnation === cell.incarnation) {
      finishMessage(cell, envelope);
      failed(cell, error, message);
    }
    return;
  }
  if (incarnation !== cell.incarnation) return;
  if (result !== undefined && settle(cell, result, message, envelope)) return;
  finishMessage(cell, envelope);
}

function receive(cell: Cell, message: unknown): unknown {
  return (cell.marks & STATEFUL) === 0 ? cell.receiver(message) : cell.receiver(cell.data, message);
}

/** After a message, handled or failed. */
function finishMessage(cell: Cell, envelope: Envelope | undefined): void {
  if (envelope !== undefined) envelope.done();
  if (cell.knownBonds !== undefined) cell.knownBonds.afterMessage(cell);
  if (cell.mailbox.blocks) grantCredit(cell);
}

/** Does what a handler returned; true if that has to be awaited. */
export function settle(
  cell: Cell,
  result: unknown,
  message: unknown,
  envelope: Envelope | undefined,
): boolean {
  if (typeof result === 'object' && result !== null) {
    if (result instanceof Next) {
      follow(cell, result, message);
      return false;
    }
    if (typeof (result as { then?: unknown }).then === 'function') {
      awaitResult(cell, result as Promise<unknown>, message, envelope);
      return true;
    }
  }
  if (cell.stateful && result !== undefined) cell.data = result;
  return false;
}

function awaitResult(
  cell: Cell,
  promise: PromiseLike<unknown>,
  message: unknown,
  envelope: Envelope | undefined,
): void {
  const { incarnation } = cell;
  const { dispatcher } = cell;
  cell.gate |= BUSY;
  dispatcher.awaiting += 1;
  // The message has left its place already.
  if (cell.mailbox.blocks) grantCredit(cell);
  promise.then(
    value => {
      dispatcher.awaiting -= 1;
      if (!resumes(cell, incarnation)) return;
      // A promise's value is a state or an instruction; a promise can't resolve to a promise.
      settle(cell, value, message, envelope);
      if (incarnation === cell.incarnation) finishMessage(cell, envelope);
      cell.wake();
    },
    (error: unknown) => {
      dispatcher.awaiting -= 1;
      if (!resumes(cell, incarnation)) return;
      envelope?.failed(error);
      finishMessage(cell, envelope);
      failed(cell, error, message);
      cell.wake();
    },
  );
}

/** Whether what was awaited still matters. */
export function resumes(cell: Cell, incarnation: number): boolean {
  if (incarnation !== cell.incarnation) return false;
  cell.gate &= ~BUSY;
  if (cell.gauge !== -1) cell.runtime.gauges!.show(cell);
  return true;
}

function follow(cell: Cell, next: Next, message: unknown): void {
  switch (next.kind) {
    case CONTINUE:
      cell.data = next.value;
      return;
    case BECOME:
      install(cell, next.value as Behavior<unknown>);
      return;
    case STOP:
      beginStop(cell, next.value as ExitReason);
      return;
    case UNHANDLED:
      cell.deadLetter(message, 'unhandled');
      return;
    default:
      failed(
        cell,
        new TypeError(`${cell.path}: next.ignore() and next.started() are for setup functions`),
        message,
      );
  }
}

export function install(cell: Cell, made: Behavior<unknown>): void {
  const behavior = checkBehavior(made, cell);
  if (typeof behavior === 'function') {
    cell.behavior = undefined;
    cell.stateful = false;
    cell.data = undefined;
    cell.receiver = behavior as (message: unknown) => unknown;
    return;
  }
  const full = behavior as AnyBehavior;
  cell.behavior = full;
  cell.stateful = 'state' in full;
  cell.data = full.state;
  cell.receiver = full.receive as (first: unknown) => unknown;
}

/** Whoever waits for room is let in as far as there is some. */
export function grantCredit(cell: Cell): void {
  const creditors = cell.knownBonds?.knownCreditors;
  while (creditors !== undefined && creditors.length > 0 && cell.mailbox.hasRoom())
    creditors.shift()!.granted();
}
