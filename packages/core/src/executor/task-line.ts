/**
 * A pool's line of tasks, in order of priority and then of arrival; and the room in it. Works on pointers, under the pool's guard.
 *
 * No lost wakeup of submitters: whoever finds no room joins their line in that same step (`entering.ts`); whoever makes room tells the first of them, and that
 * one, when it has come in or given up, tells the next while there is room.
 */
import { f64, hot, i32 } from '../atomics.ts';
import { NODE } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { append, first, insertBefore, unlink } from '../parking/line.ts';
import { poke } from '../parking/wake.ts';
import { FUTURE, POOL } from './layout.ts';

const { store } = hot;

export const NODE_OF_TASK: number = FUTURE.node;

function priorityOf(future: number): number {
  return f64[(future + FUTURE.priority) >> 1]!;
}

export function following(node: number): number {
  const next = i32[node + NODE.next]!;
  ensureMapped(next);
  return next;
}

/**
 * Puts a task into its place: behind all whose number isn't greater. Looks from both ends at once, so the usual cases cost one look: the same priority
 * for all, and a few urgent or a few idle ones. Under the guard.
 */
export function insert(pool: number, future: number): void {
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
export function remove(pool: number, future: number): void {
  unlink(pool + POOL.tasks, future + NODE_OF_TASK);
  i32[pool + POOL.pending]! -= 1;
  admit(pool);
}

export function hasRoom(pool: number): boolean {
  const limit = i32[pool + POOL.maxPending]!;
  return limit === 0 || i32[pool + POOL.pending]! < limit;
}

/** Tells the submitter that has waited longest that there is room. Under the guard. */
export function admit(pool: number): void {
  const next = i32[pool + POOL.room]!;
  if (next === 0 || !hasRoom(pool)) return;
  ensureMapped(next);
  poke(next);
}
