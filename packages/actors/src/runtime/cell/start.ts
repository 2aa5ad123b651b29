/** How an instance comes to be: its setup, and what it may return. */
import type { Behavior } from '../../behavior/behavior.ts';
import { IGNORE, Next, STARTED, STOP } from '../../behavior/next.ts';
import { hideCell, showCell } from '../../observability/show.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import { failed, reportCrash } from './failure.ts';
import { grantCredit, install, resumes } from './handling.ts';
import { BUSY, CLOSED, HELD, STATE } from './state.ts';
import type { Started } from './state.ts';
import { beginStop } from './stop.ts';

interface Startable {
  setup(context: unknown, ...args: readonly unknown[]): unknown;
}

/** Runs the setup function. A supervisor calls this; for others it is the first thing in the lane. */
export function startCell(cell: Cell): Started | Promise<Started> {
  const { incarnation } = cell;
  const { context, args } = cell;
  cell.settingUp = true;
  let made: unknown;
  try {
    const actor = cell.actor as unknown as Startable;
    made = args.length === 0 ? actor.setup(context) : actor.setup(context, ...args);
    if (typeof (made as { then?: unknown } | undefined)?.then !== 'function') {
      return incarnation === cell.incarnation ? begun(cell, made) : diedEarly(cell);
    }
  } catch (error) {
    return incarnation === cell.incarnation ? startFailed(cell, exit.error(error)) : diedEarly(cell);
  }
  return awaitSetup(cell, made as Promise<unknown>, incarnation);
}

/** Apart, since its closures would cost each start a context. */
function awaitSetup(cell: Cell, made: Promise<unknown>, incarnation: number): Promise<Started> {
  cell.gate |= BUSY;
  return new Promise(resolve => {
    const died = (): void => resolve(diedEarly(cell));
    cell.bonds.deathWaiters.add(died);
    const proceed = (then: () => Started | Promise<Started>): void => {
      if (!resumes(cell, incarnation)) return;
      cell.bonds.deathWaiters.delete(died);
      resolve(then());
      cell.wake();
    };
    made.then(
      value => proceed(() => begun(cell, value)),
      (error: unknown) => proceed(() => startFailed(cell, exit.error(error))),
    );
  });
}

const OK: Started = Object.freeze({ outcome: 'ok', info: undefined });

function diedEarly(cell: Cell): Started {
  return { outcome: 'error', reason: cell.lastReason };
}

function begun(cell: Cell, made: unknown): Started | Promise<Started> {
  cell.settingUp = false;
  let info: unknown;
  let behavior = made;
  if (made instanceof Next) {
    if (made.kind === IGNORE) {
      cell.runtime.observer?.started?.(cell, { outcome: 'ignore' });
      beginStop(cell, exit.normal);
      return { outcome: 'ignore' };
    }
    if (made.kind === STOP) return startFailed(cell, made.value as ExitReason);
    if (made.kind === STARTED) {
      behavior = made.value;
      info = made.info;
    }
  }
  try {
    install(cell, behavior as Behavior<unknown>);
  } catch (error) {
    return startFailed(cell, exit.error(error));
  }
  cell.state = STATE.running;
  cell.gate &= ~CLOSED;
  if (cell.gauge !== -1) cell.runtime.gauges!.show(cell);
  cell.runtime.observer?.started?.(cell, { outcome: 'ok', info });
  const lives = cell.knownBonds?.lives;
  if (lives !== undefined && lives.restarts !== lives.restartsReported) {
    const { restarts } = lives;
    lives.restartsReported = restarts;
    cell.runtime.report({ type: 'restarted', path: cell.path, restarts });
  }
  // One that was killed in the midst of a message has made room, and nobody has been let in.
  if (cell.mailbox.blocks) grantCredit(cell);
  cell.wake();
  return info === undefined ? OK : { outcome: 'ok', info };
}

function startFailed(cell: Cell, reason: ExitReason): Started | Promise<Started> {
  cell.settingUp = false;
  cell.runtime.observer?.started?.(cell, { outcome: 'error', reason });
  if (cell.state === STATE.restarting && reason.type === 'error') {
    failed(cell, reason.error, undefined);
    return { outcome: 'error', reason };
  }
  // One on another thread has been reported there.
  if (reason.type === 'error' && cell.agent === undefined) reportCrash(cell, reason, undefined, 'stop');
  beginStop(cell, reason);
  if (!cell.alive) return { outcome: 'error', reason };
  return new Promise(resolve => cell.onceDead(() => resolve({ outcome: 'error', reason })));
}

/** Makes a dead cell startable again, under the same ref. What its mailbox kept is handled by the new instance. */
export function reviveCell(cell: Cell): void {
  cell.state = STATE.starting;
  cell.bonds.livesSoFar.life += 1;
  cell.gate = CLOSED | (cell.gate & HELD);
  cell.refuses = false;
  cell.stopRequested = false;
  cell.leaving = false;
  cell.trapExit = false;
  cell.madeContext = undefined;
  if (cell.knownBonds !== undefined) cell.knownBonds.clearStop();
  // Anew, since it may be another actor by now.
  hideCell(cell);
  if (cell.runtime.gauges !== undefined) showCell(cell, cell.runtime.gauges);
}
