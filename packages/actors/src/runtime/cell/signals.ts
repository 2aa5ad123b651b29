/** Signals: those of the runtime, which are applied when they arrive, and those that wait in the lane before all messages. */
import type { Signal } from '../../behavior/behavior.ts';
import { Fifo } from '../../mailbox/fifo.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import type { ActorRef } from '../ref.ts';
import type { InternalSignal } from '../signal.ts';
import { failed } from './failure.ts';
import { handle, settle } from './handling.ts';
import { BUSY, HELD, STATE } from './state.ts';
import { DEFAULT_SHUTDOWN_MS, stopOn } from './stop.ts';

export function takeSignal(cell: Cell, signal: InternalSignal): void {
  switch (signal.kind) {
    case 'watch':
      if (cell.state === STATE.dead) {
        signal.from.signal({
          kind: 'down',
          from: cell.ref as ActorRef<never>,
          watch: signal.watch,
          reason: exit.noproc,
        });
      } else {
        cell.bonds.watchers.set(signal.watch, signal.from);
      }
      return;
    case 'unwatch':
      cell.knownBonds?.knownWatchers?.delete(signal.watch);
      return;
    case 'link':
      if (cell.state === STATE.dead) {
        signal.from.signal({
          kind: 'exit',
          from: cell.ref as ActorRef<never>,
          reason: exit.noproc,
          linked: true,
        });
      } else {
        cell.bonds.links.set(signal.from.id, signal.from);
      }
      return;
    case 'unlink':
      cell.knownBonds?.knownLinks?.delete(signal.from.id);
      return;
    case 'kill':
      cell.kill();
      return;
    case 'stop':
      if (signal.limited === true)
        return cell.requestStop(cell.options.shutdown ?? DEFAULT_SHUTDOWN_MS, signal.drain, signal.reason);
      // Before its turn in the lane: a handler that is under way looks at the event, or waits for the signal.
      cell.askToStop();
      break;
    default:
  }
  if (cell.state === STATE.dead) return;
  (cell.lane ??= new Fifo()).push(signal);
  cell.wake();
}

export function handleSignals(cell: Cell): void {
  while (cell.lane !== undefined && (cell.gate & (BUSY | HELD)) === 0) {
    const lane: Fifo = cell.lane;
    const signal = lane.shift() as InternalSignal;
    if (lane.size === 0) cell.lane = undefined;
    handleSignal(cell, signal);
  }
}

function handleSignal(cell: Cell, signal: InternalSignal): void {
  switch (signal.kind) {
    case 'stop':
      return stopOn(cell, signal.reason, signal.drain);
    case 'exit':
      return exitSignal(cell, signal.from, signal.reason, signal.linked);
    case 'down': {
      const watch = cell.knownBonds?.knownWatching?.get(signal.watch);
      if (watch === undefined) return;
      cell.bonds.watching.delete(signal.watch);
      if (watch.callback !== undefined) return watch.callback(signal.reason);
      if (watch.hasMessage) return takes(cell) ? handle(cell, watch.message) : undefined;
      return userSignal(cell, {
        type: 'down',
        ref: signal.from,
        reason: signal.reason,
        watch: signal.watch,
      });
    }
    case 'child': {
      const keeper = cell.behavior?.keeper;
      if (keeper === undefined || !takes(cell)) return;
      return guarded(cell, () => keeper.childExited(signal.child as Cell, signal.life, signal.reason));
    }
    case 'escalated':
      if (takes(cell)) failed(cell, signal.error, undefined);
      return;
    case 'receiveTimeout':
      if (signal.handled === cell.handled && cell.mailbox.size === 0)
        userSignal(cell, { type: 'receiveTimeout' });
      return;
    default:
  }
}

function takes(cell: Cell): boolean {
  return cell.state === STATE.running || cell.state === STATE.draining;
}

function userSignal(cell: Cell, signal: Signal): void {
  const handler = cell.behavior?.signal as ((first: unknown, second?: unknown) => unknown) | undefined;
  if (handler === undefined || !takes(cell)) return;
  guarded(cell, () => (cell.stateful ? handler(cell.data, signal) : handler(signal)));
}

/** Runs something of the behaviour's as a message is run. */
function guarded(cell: Cell, action: () => unknown): void {
  const { incarnation } = cell;
  let result: unknown;
  try {
    result = action();
  } catch (error) {
    if (incarnation === cell.incarnation) failed(cell, error, undefined);
    return;
  }
  if (incarnation === cell.incarnation && result !== undefined) settle(cell, result, undefined, undefined);
}

function exitSignal(cell: Cell, from: ActorRef<never>, reason: ExitReason, linked: boolean): void {
  if (linked && cell.knownBonds?.knownLinks?.delete(from.id) !== true) return;
  if (cell.trapExit) return userSignal(cell, { type: 'exit', ref: from, reason });
  if (reason.type === 'normal' && from.id !== cell.id) return;
  stopOn(cell, reason, false);
}
