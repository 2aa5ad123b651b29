/** How a cell ends: everybody is told, once, and what it leaves is given up or kept for the next instance. */
import { hideCell } from '../../observability/show.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Bonds } from '../bonds.ts';
import type { Cell } from '../cell.ts';
import type { ActorRef } from '../ref.ts';
import { failTaken } from './lost-questions.ts';
import { CLOSED, HELD, NO_ARGS, STATE, nothing } from './state.ts';

/** Ends it now, and its children: last started first. */
export function killCell(cell: Cell): void {
  if (cell.state === STATE.dead) return;
  // A stack of our own: actors may stand below each other by the thousands.
  const open = [cell];
  const left = [beginKill(cell)];
  while (open.length > 0) {
    const child = left.at(-1)!.pop();
    if (child === undefined) {
      left.pop();
      finish(open.pop()!, exit.killed);
    } else if (child.state !== STATE.dead) {
      open.push(child);
      left.push(beginKill(child));
    }
  }
}

/** Its own end first in the books, so that a supervisor doesn't restart children that are killed with it. Returns the children, in the order of their start. */
function beginKill(cell: Cell): Cell[] {
  const children = cell.knownChildren;
  cell.agent?.kill();
  cell.knownBonds?.onKill?.();
  cell.gate |= CLOSED;
  cell.state = STATE.stopping;
  return children === undefined ? [] : [...children];
}

export function finish(cell: Cell, reason: ExitReason): void {
  if (cell.state === STATE.dead) return;
  cell.state = STATE.dead;
  cell.lastReason = reason;
  cell.incarnation += 1;
  cell.gate = CLOSED | (cell.gate & HELD);
  cell.lane = undefined;
  cell.toStart = false;
  cell.settingUp = false;
  cell.behavior = undefined;
  cell.receiver = nothing;
  cell.data = undefined;
  cell.runtime.observer?.exited?.(cell, reason);
  const bonds = cell.knownBonds;
  if (bonds !== undefined) {
    const stashed = bonds.takeStash();
    for (let n = stashed.length - 1; n >= 0; n--) cell.mailbox.unshift(stashed[n]);
    failTaken(cell, reason);
    bonds.forgetInstance(cell);
  }
  cell.knownChildren?.retire();
  bonds?.tellOthers(cell.ref as ActorRef<never>, reason);
  // A supervisor decides what becomes of the mailbox, unless it is at its own end.
  const { parent } = cell;
  if (cell.supervised && parent !== undefined && parent.acceptsChildren) {
    if (cell.gauge !== -1) cell.runtime.gauges!.show(cell);
    if (!cell.leaving) parent.signal({ kind: 'child', child: cell, life: cell.life, reason });
  } else {
    cell.discard();
    parent?.knownChildren?.remove(cell);
    if (cell.supervised) parent?.knownChildren?.keepFormer(cell);
  }
  // A guardian has nobody above it: at the top of the tree to escalate is to stop, and an actor with its parent on another thread escalates by its agent there.
  if (bonds?.escalates === true && parent?.parent !== undefined && reason.type === 'error') {
    bonds.escalates = false;
    parent.signal({ kind: 'escalated', error: reason.error });
  }
  if (bonds !== undefined) callDeathWaiters(bonds, reason);
}

/** How many ends may stand on the stack within each other. */
const MOST_NESTED = 32;
let nested = 0;
const postponed: (readonly [Bonds, ExitReason])[] = [];

/** The end of a child goes on to its parent's, and so on. Beyond some depth the rest is done when the stack is free again, in the same turn. */
function callDeathWaiters(bonds: Bonds, reason: ExitReason): void {
  if (nested >= MOST_NESTED) return void postponed.push([bonds, reason]);
  nested += 1;
  try {
    bonds.callDeathWaiters(reason);
    if (nested === 1) {
      for (let each = postponed.shift(); each !== undefined; each = postponed.shift())
        each[0].callDeathWaiters(each[1]);
    }
  } finally {
    nested -= 1;
  }
}

/** It won't come back: what waits for it is dead, and of what it was given nothing stays, however long somebody keeps its ref. */
export function discardCell(cell: Cell): void {
  cell.refuses = true;
  cell.args = NO_ARGS;
  cell.agent?.discard();
  if (!cell.supervised) cell.runtime.forget?.(cell);
  while (cell.mailbox.size > 0) cell.deadLetter(cell.mailbox.shift(), 'stopped');
  hideCell(cell);
  cell.knownBonds?.refuseCredit(cell, cell.lastReason);
}
