/** What is done about an error: by its class it is passed over, or the actor is restarted in place, or it ends. */
import { addRestart } from '../../supervision/budget.ts';
import { decide } from '../../supervision/decide.ts';
import type { Directive } from '../../supervision/decide.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import { contentOf } from '../envelope.ts';
import { messageName } from '../report.ts';
import { failResumed, failTaken } from './lost-questions.ts';
import { BUSY, CLOSED, STATE, nothing } from './state.ts';
import { beginStop, runHook, stopChildren } from './stop.ts';

const IN_PLACE_BUDGET = { intensity: 10, period: 10_000 };

export function failed(cell: Cell, error: unknown, message: unknown): void {
  const reason = exit.error(error);
  let directive = decide(error, cell.options.onError ?? []);
  if (directive === 'restart' && !mayRestart(cell)) directive = 'stop';
  reportCrash(cell, reason, message, directive);
  if (directive === 'resume') {
    // There is no state to go on with if it was the setup that failed.
    if (cell.state === STATE.restarting || cell.state === STATE.starting) beginStop(cell, reason);
    else failResumed(cell, message, error);
  } else if (directive === 'restart') restart(cell, error, reason);
  else {
    if (directive === 'escalate') cell.bonds.escalates = true;
    beginStop(cell, reason);
  }
}

export function reportCrash(cell: Cell, reason: ExitReason, message: unknown, directive: Directive): void {
  cell.runtime.report({
    type: 'crash',
    path: cell.path,
    reason,
    // An envelope that failed to open: a translation of an adapter's.
    message: message === undefined ? undefined : messageName(contentOf(message)),
    restarts: cell.restarts,
    directive,
  });
}

function mayRestart(cell: Cell): boolean {
  if (cell.state === STATE.draining) return false;
  const budget = { ...IN_PLACE_BUDGET, ...cell.options.restarts };
  const lives = cell.bonds.livesSoFar;
  const now = cell.dispatcher.host.now();
  const restarts = addRestart(lives.restartTimes, now, budget);
  if (restarts === undefined) return false;
  lives.restartTimes = restarts;
  return true;
}

function restart(cell: Cell, error: unknown, reason: ExitReason): void {
  const first = cell.state !== STATE.restarting;
  cell.state = STATE.restarting;
  cell.gate |= CLOSED;
  const goOn = (): void => {
    if (cell.options.keepChildren === true) renew(cell, reason);
    else stopChildren(cell, () => renew(cell, reason));
  };
  const hook = cell.behavior?.restarting as ((first: unknown, second?: unknown) => unknown) | undefined;
  if (!first || hook === undefined) return goOn();
  runHook(cell, 'restarting', () => (cell.stateful ? hook(cell.data, error) : hook(error)), goOn);
}

function renew(cell: Cell, reason: ExitReason): void {
  if (cell.state !== STATE.restarting) return;
  forgetInstance(cell, reason);
  const { backoff } = cell.options;
  // In a turn of its own, so that a setup that fails again and again doesn't keep the thread from everything else.
  if (backoff === undefined) return cell.startSoon();
  const delay = cell.bonds.nextDelay(backoff, cell.dispatcher.host.now(), () =>
    cell.dispatcher.host.random(),
  );
  cell.bonds.restartTimer = cell.dispatcher.after(delay, () => startAgain(cell));
  // A stop that came meanwhile.
  cell.wake();
}

function startAgain(cell: Cell): void {
  if (cell.state !== STATE.restarting) return;
  void cell.start();
}

/** Ends all that the instance had set up: what it hears of from now on would mean nothing to the next. */
function forgetInstance(cell: Cell, reason: ExitReason): void {
  cell.incarnation += 1;
  cell.bonds.livesSoFar.restarts += 1;
  cell.gate &= ~BUSY;
  cell.settingUp = false;
  cell.behavior = undefined;
  cell.receiver = nothing;
  cell.data = undefined;
  cell.trapExit = false;
  if (cell.knownBonds === undefined) return;
  const stashed = cell.knownBonds.takeStash();
  cell.knownBonds.forgetInstance(cell);
  if (stashed.length > 0) cell.putBack(stashed);
  failTaken(cell, reason);
}
