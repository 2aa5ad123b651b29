/**
 * The pool's line of tasks and the lines around it: idle workers that wait for a task, submitters that wait for room, and those who wait for the end.
 * Works on pointers, and everything here that says so runs under the pool's guard.
 *
 * No lost wakeup:
 *  - idle workers: a worker joins its line in the same step in which it finds no task. A task that comes tells one worker for each task that nobody is on
 *    the way to (`callWorkers`); a worker that takes a task, and one that gives up, do the same for what is left. Who was told keeps its place until it has
 *    looked. The one that spins (`spinner`) counts as on its way: it looks once more under the guard before it joins the line.
 *  - room: a submitter joins in the same step in which it finds none; whoever makes room tells the first, and that one the next while there is room.
 *  - the end: granted in the step in which the last worker leaves a pool that is shut down, or that is shut down when the last has left.
 */
import { f64, hot, i32 } from '../atomics.ts';
import { AGENT, NODE, THREAD } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { append, first, insertBefore, lengthOf, mend, unlink } from '../parking/line.ts';
import type { Line } from '../parking/wait.ts';
import { grantAll, poke, wakeAgent } from '../parking/wake.ts';
import { FUTURE, PHASE, POOL, POOL_FLAG, SLOT } from './layout.ts';
import { holdProgram, letProgramGo } from './pools.ts';
import { changePhase, phaseOf, seize } from './settle.ts';

const { load, store } = hot;
const NODE_OF_TASK: number = FUTURE.node;

function priorityOf(future: number): number {
  return f64[(future + FUTURE.priority) >> 1]!;
}

function following(node: number): number {
  const next = i32[node + NODE.next]!;
  ensureMapped(next);
  return next;
}

/**
 * Puts a task into its place: behind all whose number isn't greater. Looks from both ends at once, so the usual cases cost one look: the same priority
 * for all, and a few urgent or a few idle ones. Under the guard.
 */
function insert(pool: number, future: number): void {
  const line = pool + POOL.tasks;
  const node = future + NODE_OF_TASK;
  const mine = priorityOf(future);
  let back = i32[line + 1]!;
  let front = first(line);
  for (; back !== 0;) {
    ensureMapped(back);
    if (priorityOf(back - NODE_OF_TASK) <= mine) {
      const next = following(back);
      if (next === 0) break;
      insertBefore(line, node, next);
      store(pool + POOL.pending, i32[pool + POOL.pending]! + 1);
      return;
    }
    if (priorityOf(front - NODE_OF_TASK) > mine) {
      insertBefore(line, node, front);
      store(pool + POOL.pending, i32[pool + POOL.pending]! + 1);
      return;
    }
    front = following(front);
    back = i32[back + NODE.previous]!;
  }
  append(line, node);
  store(pool + POOL.pending, i32[pool + POOL.pending]! + 1);
}

/** Takes a task out of the line of tasks. Under the guard. */
function remove(pool: number, future: number): void {
  unlink(pool + POOL.tasks, future + NODE_OF_TASK);
  i32[pool + POOL.pending]! -= 1;
  admit(pool);
}

/** Tasks that were accepted and whose futures haven't settled, those included that a worker has just finished (snapshot unless under the guard). */
export function unfinished(pool: number): number {
  return i32[pool + POOL.pending]! + i32[pool + POOL.busy]!;
}

/** Lets the program end, if this pool has nothing left that it would have to be held open for. Under the guard. */
function rest(pool: number): void {
  if (i32[pool + POOL.holds] !== 0 && unfinished(pool) === 0) letProgramGo(pool);
}

function hasRoom(pool: number): boolean {
  const limit = i32[pool + POOL.maxPending]!;
  return limit === 0 || i32[pool + POOL.pending]! < limit;
}

/** Tells the submitter that has waited longest that there is room. Under the guard. */
function admit(pool: number): void {
  const next = i32[pool + POOL.room]!;
  if (next === 0 || !hasRoom(pool)) return;
  ensureMapped(next);
  poke(next);
}

/** Tells idle workers to come for the tasks that nobody is on the way to. Under the guard. */
function callWorkers(pool: number): void {
  let uncared = i32[pool + POOL.pending]! - (i32[pool + POOL.spinner] === 0 ? 0 : 1);
  for (let node = first(pool + POOL.idle); node !== 0 && uncared > 0; node = following(node)) {
    uncared -= 1;
    poke(node);
  }
}

/** How many workers have nothing to do (snapshot unless under the guard). */
export function idleWorkers(pool: number): number {
  return lengthOf(pool + POOL.idle) + (i32[pool + POOL.spinner] === 0 ? 0 : 1);
}

/** Whether a worker more would find something to do. Under the guard. */
function wantsWorker(pool: number): boolean {
  const workers = i32[pool + POOL.workers]!;
  return (
    workers < i32[pool + POOL.maxWorkers]! &&
    i32[pool + POOL.flags]! < POOL_FLAG.broken &&
    i32[pool + POOL.pending]! > i32[pool + POOL.starting]! + idleWorkers(pool)
  );
}

/** As `wantsWorker`, for a look from outside. */
export function wantsOneMore(pool: number): boolean {
  lockGuard(pool + POOL.guard);
  const wants = wantsWorker(pool);
  unlockGuard(pool + POOL.guard);
  return wants;
}

/** What became of an attempt to hand a task in. */
export const ENTRY = { none: 0, accepted: 1, refused: 2 } as const;

/** The task that this thread's next attempt is about, and what became of it. `hire`: a worker more is wanted. */
export const entry = { future: 0, outcome: ENTRY.none as number, hire: false };
/** The tasks that this thread's promises wait with, by wait node. */
const held = new Map<number, number>();

/** Hands the task in, if that is decided now. Under the guard. */
function tryEnter(pool: number, future: number): boolean {
  entry.hire = false;
  if (i32[pool + POOL.flags] !== 0) entry.outcome = ENTRY.refused;
  else if (!hasRoom(pool)) return false;
  else {
    if (i32[pool + POOL.holds] === 0) holdProgram(pool);
    insert(pool, future);
    callWorkers(pool);
    entry.hire = wantsWorker(pool);
    entry.outcome = ENTRY.accepted;
  }
  return true;
}

/** Hands a task in at once, or doesn't; see `entry`. */
export function enter(pool: number, future: number): boolean {
  lockGuard(pool + POOL.guard);
  const decided = (i32[pool + POOL.room] === 0 || i32[pool + POOL.flags] !== 0) && tryEnter(pool, future);
  unlockGuard(pool + POOL.guard);
  return decided;
}

/** Submitters that wait for room, with `entry.future`. */
export const roomLine: Line = {
  blocking: 'ThreadPoolExecutor.submit()',
  twin: 'submitAsync()',
  offset: POOL.room,
  attempt(pool, node) {
    if ((i32[pool + POOL.room] === 0 || i32[pool + POOL.flags] !== 0) && tryEnter(pool, entry.future))
      return true;
    if (i32[node + NODE.isAsync] === 1) held.set(node, entry.future);
    return false;
  },
  retry(pool, node) {
    const isAsync = i32[node + NODE.isAsync] === 1;
    if (!tryEnter(pool, isAsync ? held.get(node)! : entry.future)) return false;
    unlink(pool + POOL.room, node);
    if (isAsync) held.delete(node);
    admit(pool);
    return true;
  },
  left: pool => admit(pool),
  giveBack() {},
};

/**
 * Runs between the joining and the sleeping of a thread that blocks for room. It may have joined in front of its own promises, one of which was told that there
 * is room and can't come before the thread runs again.
 */
export function standInFront(pool: number): void {
  lockGuard(pool + POOL.guard);
  admit(pool);
  unlockGuard(pool + POOL.guard);
}

/** Forgets the task of a promise that gave up waiting for room. */
export function forgetHeld(future: number): void {
  for (const [node, each] of held) if (each === future) held.delete(node);
}

/** What the last attempt to take brought: a task, or 0 because there will be none. */
export const taken = { future: 0 };
/** This worker's slot. */
let slot = 0;

export function setSlot(pointer: number): void {
  slot = pointer;
}

/** Milliseconds of a clock that all threads of this process share, in 31 bits; never 0. */
export function sharedClock(): number {
  return ((performance.timeOrigin + performance.now()) & 0x7fff_ffff) | 1;
}

/** Takes the next task if there is one. Under the guard. */
function takeTask(pool: number): boolean {
  if (i32[slot + SLOT.ready] === 0) {
    // In the same step as the first look: in between, the task that it was hired for would seem to need one worker more.
    i32[slot + SLOT.ready] = 1;
    i32[pool + POOL.starting]! -= 1;
  }
  if ((i32[pool + POOL.flags]! & POOL_FLAG.broken) !== 0) {
    taken.future = 0;
    return true;
  }
  for (let node = first(pool + POOL.tasks); node !== 0; node = first(pool + POOL.tasks)) {
    const future = node - NODE_OF_TASK;
    // Before it leaves the line: from here on our death is this task's.
    i32[i32[selfAgent + AGENT.thread]! + THREAD.task] = future;
    // Before it is counted as gone from the line: in between, nothing would seem to be unfinished.
    setBusy(pool, slot, 1);
    const ours = changePhase(future, PHASE.pending, PHASE.running);
    i32[future + FUTURE.runner] = selfAgent;
    remove(pool, future);
    // Another worker died just here: the obituary has it.
    if (!ours) continue;
    const timeout = i32[future + FUTURE.timeout]!;
    if (timeout !== 0) {
      i32[slot + SLOT.deadline] = (sharedClock() + timeout) | 1;
      i32[slot + SLOT.timed] = future;
    }
    callWorkers(pool);
    taken.future = future;
    return true;
  }
  i32[i32[selfAgent + AGENT.thread]! + THREAD.task] = 0;
  setBusy(pool, slot, 0);
  if (i32[pool + POOL.flags] === 0) return false;
  taken.future = 0;
  return true;
}

/** Notes whether a worker has a task. Under the guard. */
function setBusy(pool: number, at: number, busy: 0 | 1): void {
  if (i32[at + SLOT.busy] === busy) return;
  i32[at + SLOT.busy] = busy;
  i32[pool + POOL.busy]! += busy === 1 ? 1 : -1;
}

/** Takes the next task, or lets the program end before the worker goes to sleep. Not as soon as nothing is left: as a rule the next task comes at once. */
function takeOrRest(pool: number): boolean {
  if (takeTask(pool)) return true;
  rest(pool);
  return false;
}

/** Idle workers. */
export const idleLine: Line = {
  blocking: 'waiting for a task',
  twin: 'nothing',
  offset: POOL.idle,
  attempt: pool => takeOrRest(pool),
  retry(pool, node) {
    if (!takeOrRest(pool)) return false;
    unlink(pool + POOL.idle, node);
    return true;
  },
  left: pool => callWorkers(pool),
  giveBack() {},
};

/**
 * Takes a task without waiting; see `taken`. If there is none, and none of the others does so, this worker becomes the one that spins, and must call
 * `stopSpinning`.
 */
export function takeOrSpin(pool: number, maySpin: boolean): 'taken' | 'none' | 'spin' {
  lockGuard(pool + POOL.guard);
  let outcome: 'taken' | 'none' | 'spin' = takeTask(pool) ? 'taken' : 'none';
  if (outcome === 'none' && maySpin && i32[pool + POOL.spinner] === 0) {
    i32[pool + POOL.spinner] = slot;
    outcome = 'spin';
  }
  unlockGuard(pool + POOL.guard);
  return outcome;
}

/** Takes a task if one has come; in any case somebody else may spin now. */
export function stopSpinning(pool: number): boolean {
  lockGuard(pool + POOL.guard);
  i32[pool + POOL.spinner] = 0;
  const found = takeTask(pool);
  unlockGuard(pool + POOL.guard);
  return found;
}

/** Those who wait until all workers have left a pool that is shut down. */
export const endLine: Line = {
  blocking: 'ThreadPoolExecutor.shutdown()',
  twin: 'shutdownAsync()',
  offset: POOL.end,
  attempt: pool => hasEnded(pool),
  left() {},
  giveBack() {},
};

function hasEnded(pool: number): boolean {
  return i32[pool + POOL.flags] !== 0 && i32[pool + POOL.workers] === 0 && i32[pool + POOL.pending] === 0;
}

/** Sets flags, after which nothing is accepted, and tells all who wait. Under the guard. */
export function close(pool: number, flag: number): void {
  store(pool + POOL.flags, i32[pool + POOL.flags]! | flag);
  for (let node = first(pool + POOL.idle); node !== 0; node = following(node)) poke(node);
  for (let node = first(pool + POOL.room); node !== 0; node = following(node)) poke(node);
  if (hasEnded(pool)) grantAll(pool + POOL.end);
}

/** Takes the first task out of the line, seized, for somebody who won't run it; 0 when there is none. The line's reference is the caller's. */
export function withdrawFirst(pool: number): number {
  lockGuard(pool + POOL.guard);
  let found = 0;
  for (let node = first(pool + POOL.tasks); node !== 0 && found === 0; node = first(pool + POOL.tasks)) {
    const future = node - NODE_OF_TASK;
    if (withdrawLocked(pool, future)) found = future;
    // Its worker, or who withdrew it, died just there: their obituary has it.
    else remove(pool, future);
  }
  hasLeft(pool);
  unlockGuard(pool + POOL.guard);
  return found;
}

/** The same for one task; false if it isn't pending any more. */
export function withdraw(pool: number, future: number): boolean {
  lockGuard(pool + POOL.guard);
  const done = withdrawLocked(pool, future);
  if (done) hasLeft(pool);
  unlockGuard(pool + POOL.guard);
  return done;
}

function withdrawLocked(pool: number, future: number): boolean {
  if (i32[future + FUTURE.node + NODE.line] === 0) return false;
  if (!seize(future, PHASE.pending)) return false;
  remove(pool, future);
  return true;
}

/** A task has left the line that nobody will run. Under the guard. */
function hasLeft(pool: number): void {
  if (hasEnded(pool)) grantAll(pool + POOL.end);
  rest(pool);
}

/** Wakes the worker of a running task, so that it sees that it was asked to stop. */
export function tellRunner(pool: number, future: number): void {
  lockGuard(pool + POOL.guard);
  const runner = i32[future + FUTURE.runner]!;
  unlockGuard(pool + POOL.guard);
  if (runner !== 0) wakeAgent(runner);
}

// ——— workers ———

/** Under the guard. */
function slotOf(pool: number, record: number): number {
  const slots = i32[pool + POOL.slots]!;
  ensureMapped(slots);
  for (let number = 0; number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    if (i32[at + SLOT.record] === record) return at;
  }
  return 0;
}

/**
 * Gives a slot to a thread that is about to be started; false if no worker more is wanted. Until the thread has come up (`appear`), the slot is its hirer's, too:
 * if that dies, nobody can say whether the thread was started, and so the slot is freed (`forsake`), and a thread that comes up all the same asks for another.
 */
export function engage(pool: number, record: number): boolean {
  lockGuard(pool + POOL.guard);
  const at = assign(pool, record, selfAgent);
  unlockGuard(pool + POOL.guard);
  return at !== 0;
}

/** Under the guard. */
function assign(pool: number, record: number, hirer: number): number {
  const at = wantsWorker(pool) ? slotOf(pool, 0) : 0;
  if (at === 0) return 0;
  for (let word = 0; word < SLOT.words; word++) i32[at + word] = 0;
  i32[at + SLOT.hirer] = hirer;
  i32[at + SLOT.record] = record;
  i32[pool + POOL.workers]! += 1;
  i32[pool + POOL.starting]! += 1;
  i32[pool + POOL.hired]! += 1;
  return at;
}

/** A worker's thread has come up: returns its slot, or 0 if its hirer died meanwhile and no worker more is wanted now. */
export function appear(pool: number, record: number): number {
  lockGuard(pool + POOL.guard);
  const at = slotOf(pool, record) || assign(pool, record, 0);
  if (at !== 0) i32[at + SLOT.hirer] = 0;
  unlockGuard(pool + POOL.guard);
  return at;
}

/** Frees the slots of threads that a dead agent hired and that haven't come up. */
export function forsake(pool: number, dead: number): void {
  lockGuard(pool + POOL.guard);
  const slots = i32[pool + POOL.slots]!;
  for (let number = 0; number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    if (i32[at + SLOT.record] !== 0 && i32[at + SLOT.hirer] === dead) vacate(pool, at);
  }
  unlockGuard(pool + POOL.guard);
}

/** Under the guard. */
function vacate(pool: number, at: number): void {
  if (i32[at + SLOT.ready] !== 1) i32[pool + POOL.starting]! -= 1;
  if (i32[pool + POOL.spinner] === at) i32[pool + POOL.spinner] = 0;
  setBusy(pool, at, 0);
  i32[at + SLOT.record] = 0;
  i32[at + SLOT.timed] = 0;
  i32[pool + POOL.workers]! -= 1;
  callWorkers(pool);
  hasLeft(pool);
}

export interface Departure {
  /** The thread had a slot. */
  readonly known: boolean;
  /** It had looked for its first task. */
  readonly ready: boolean;
  /** Somebody should take its place. */
  readonly replace: boolean;
}

/** Frees a thread's slot; with `unlessNeeded` only if it can be spared. */
export function depart(pool: number, record: number, unlessNeeded: boolean, died: boolean): Departure {
  lockGuard(pool + POOL.guard);
  const at = slotOf(pool, record);
  const spared =
    !unlessNeeded ||
    (i32[pool + POOL.pending] === 0 && i32[pool + POOL.workers]! > i32[pool + POOL.minWorkers]!);
  const known = at !== 0 && spared;
  const ready = known && i32[at + SLOT.ready] === 1;
  if (known) {
    if (died) i32[pool + POOL.died]! += 1;
    vacate(pool, at);
  }
  const replace = wantsWorker(pool);
  unlockGuard(pool + POOL.guard);
  return { known, ready, replace };
}

/** The dead worker's task may still stand in line, if it died while it took it. */
export function takeOutOfLine(pool: number, future: number): void {
  lockGuard(pool + POOL.guard);
  if (i32[future + FUTURE.node + NODE.line] !== 0) remove(pool, future);
  unlockGuard(pool + POOL.guard);
}

/** Calls `visit` with each slot in use, under the guard. */
export function eachSlot(pool: number, visit: (slot: number) => void): void {
  lockGuard(pool + POOL.guard);
  const slots = i32[pool + POOL.slots]!;
  for (let number = 0; number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    if (i32[at + SLOT.record] !== 0) visit(at);
  }
  unlockGuard(pool + POOL.guard);
}

/** Takes the time limit off a task that has come to its end. */
export function endTimed(pool: number): void {
  lockGuard(pool + POOL.guard);
  i32[slot + SLOT.timed] = 0;
  unlockGuard(pool + POOL.guard);
}

/** Whether a task seems to be there (a look without the guard). */
export function seemsBusy(pool: number): boolean {
  return load(pool + POOL.pending) > 0 || load(pool + POOL.flags) !== 0;
}

/** After a death under the guard. */
export function repairPool(pool: number): void {
  for (const line of [POOL.idle, POOL.tasks, POOL.room, POOL.end]) mend(pool + line);
  // Whoever made it leave `pending` has left a crumb, and is about to settle it or dead.
  for (let node = first(pool + POOL.tasks); node !== 0;) {
    const next = following(node);
    if (phaseOf(node - NODE_OF_TASK) !== PHASE.pending) unlink(pool + POOL.tasks, node);
    node = next;
  }
  i32[pool + POOL.pending] = lengthOf(pool + POOL.tasks);
  let workers = 0;
  let starting = 0;
  let busy = 0;
  const slots = i32[pool + POOL.slots]!;
  for (let number = 0; slots !== 0 && number < i32[pool + POOL.maxWorkers]!; number++) {
    const at = slots + number * SLOT.words;
    ensureMapped(at);
    const record = i32[at + SLOT.record]!;
    if (record === 0) continue;
    ensureMapped(record);
    forgetPending(record);
    workers += 1;
    if (i32[at + SLOT.ready] === 0) starting += 1;
    if (i32[at + SLOT.busy] === 1) busy += 1;
  }
  i32[pool + POOL.workers] = workers;
  i32[pool + POOL.starting] = starting;
  i32[pool + POOL.busy] = busy;
  if (i32[pool + POOL.flags] !== 0) close(pool, 0);
  admit(pool);
  callWorkers(pool);
  if (i32[pool + POOL.holds] === 0 && unfinished(pool) !== 0) holdProgram(pool);
  rest(pool);
}

/** A worker that died after it had named a task and before it had taken it: another will, whose task it then is. Under the guard. */
function forgetPending(record: number): void {
  const task = i32[record + THREAD.task]!;
  if (task === 0) return;
  ensureMapped(task);
  if (phaseOf(task) === PHASE.pending) i32[record + THREAD.task] = 0;
}
