/** After a death under a pool's guard: its lines follow their chains, everything is counted anew, and whoever should have been told is told. */
import { i32 } from '../atomics.ts';
import { THREAD } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { first, lengthOf, mend, unlink } from '../parking/line.ts';
import { PHASE, POOL, SLOT } from './layout.ts';
import { holdProgram } from './pools.ts';
import { phaseOf } from './settle.ts';
import { callWorkers, close, rest, unfinished } from './staffing.ts';
import { NODE_OF_TASK, admit, following } from './task-line.ts';

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
