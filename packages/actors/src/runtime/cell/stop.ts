/** The ladder of a stop: asked, drained, children first, last words. */
import type { Shutdown } from '../../behavior/actor.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import { finish } from './end.ts';
import { resumes } from './handling.ts';
import { BUSY, CLOSED, STATE } from './state.ts';

export const DEFAULT_SHUTDOWN_MS = 5000;

/** Asks it to end, waits, and kills it when the time is over. `done` is called once it has ended, at once if it had. */
export function askToEnd(
  cell: Cell,
  how: Shutdown,
  drain: boolean,
  reason: ExitReason,
  done?: (reason: ExitReason) => void,
): void {
  if (cell.state === STATE.dead) return done?.(cell.lastReason);
  if (done !== undefined) cell.onceDead(done);
  if (how === 'brutal') return cell.kill();
  if (how !== 'infinity') {
    const timer = cell.dispatcher.after(how, () => {
      cell.runtime.report({ type: 'graceElapsed', path: cell.path, afterMs: how });
      cell.kill();
    });
    cell.onceDead(() => cell.dispatcher.cancelTimer(timer));
  }
  cell.signal({ kind: 'stop', reason, drain });
}

export function stopOn(cell: Cell, reason: ExitReason, drain: boolean): void {
  cell.drains = drain;
  cell.askToStop();
  if (!drain || cell.state !== STATE.running) return beginStop(cell, reason);
  cell.state = STATE.draining;
  cell.lastReason = reason;
  // Nothing more is accepted, so the end is near however the actor writes to itself.
  cell.refuses = true;
}

/** The first reason counts. */
export function beginStop(cell: Cell, reason: ExitReason): void {
  if (cell.state === STATE.stopping || cell.state === STATE.dead) return;
  cell.state = STATE.stopping;
  cell.gate |= CLOSED;
  cell.lastReason = reason;
  cell.askToStop();
  if (!cell.supervised) cell.refuses = true;
  if (cell.knownBonds?.restartTimer !== undefined) cell.dispatcher.cancelTimer(cell.knownBonds.restartTimer);
  cell.runtime.observer?.stopping?.(cell, reason);
  if (hasChildren(cell)) stopChildrenFirst(cell);
  else lastWords(cell);
}

/** Apart, as `callStopped`: closures in a function cost each of its calls a context, and actors end by the hundred thousand. */
function stopChildrenFirst(cell: Cell): void {
  stopChildren(cell, () => lastWords(cell));
}

function lastWords(cell: Cell): void {
  if (cell.state !== STATE.stopping) return;
  const hook = cell.behavior?.stopped as Hook | undefined;
  if (hook === undefined) finish(cell, cell.lastReason);
  else callStopped(cell, hook);
}

type Hook = (first: unknown, second?: unknown) => unknown;

function callStopped(cell: Cell, hook: Hook): void {
  const reason = cell.lastReason;
  runHook(
    cell,
    'stopped',
    () => (cell.stateful ? hook(cell.data, reason) : hook(reason)),
    () => finish(cell, cell.lastReason),
  );
}

/** Runs a hook of the behaviour; its error is reported and changes nothing. */
export function runHook(cell: Cell, name: string, hook: () => unknown, then: () => void): void {
  const { incarnation } = cell;
  let result: unknown;
  try {
    result = hook();
  } catch (error) {
    cell.callbackFailed(name, error);
  }
  if (incarnation !== cell.incarnation) return;
  if (typeof (result as { then?: unknown } | undefined)?.then !== 'function') return then();
  cell.gate |= BUSY;
  (result as Promise<unknown>).then(
    () => resumes(cell, incarnation) && then(),
    (error: unknown) => {
      cell.callbackFailed(name, error);
      if (resumes(cell, incarnation)) then();
    },
  );
}

/** Whether there is anything for `stopChildren` to do; a supervisor's may be about to start. */
function hasChildren(cell: Cell): boolean {
  const children = cell.knownChildren;
  return cell.behavior?.keeper !== undefined || (children !== undefined && children.size > 0);
}

/** Stops the children in reverse order of their start, one by one. */
export function stopChildren(cell: Cell, then: () => void): void {
  const keeper = cell.behavior?.keeper;
  if (keeper !== undefined) return runHook(cell, 'stopChildren', () => keeper.stopChildren(), then);
  if (!hasChildren(cell)) return then();
  const { bonds } = cell;
  // If a stop comes while a restart stops the children, what follows changes.
  const underWay = bonds.afterChildren !== undefined;
  bonds.afterChildren = then;
  if (!underWay) stopLast(cell, [...cell.children]);
}

function stopLast(cell: Cell, children: Cell[]): void {
  // A loop for children that end at once, so that a hundred thousand need no stack.
  for (;;) {
    const child = children.pop();
    if (child === undefined) {
      const { bonds } = cell;
      const then = bonds.afterChildren;
      bonds.afterChildren = undefined;
      return then?.();
    }
    if (!child.alive) continue;
    const { incarnation } = cell;
    const how = child.options.shutdown ?? DEFAULT_SHUTDOWN_MS;
    if (how === 'brutal') {
      child.kill();
      continue;
    }
    child.requestStop(how, true, exit.shutdown, () => {
      if (incarnation === cell.incarnation) stopLast(cell, children);
    });
    return;
  }
}
