/**
 * The references to a pool that this thread's tasks hold, without an atomic instruction or two for each task on the line of memory that all workers fight for. What
 * one task has done with the next one takes over, and while many are under way they are taken many at once.
 *
 * Each stands in a word of this thread's ledger, so that its death returns it, and changes its owner by one store to that word:
 * ```
 *   the word names the pool: spare ──enterTask──▶ the word names the task, whose block names the pool
 *                                  ◀──leaveTask──
 * ```
 * Before the store in `enterTask` and after the one in `leaveTask` no other thread knows the block: should this one die there, its reference to the pool is returned, and
 * the block is lost with what it says. On the other side of the store the thread's reference to the task is returned, and the pool's with the task's last.
 *
 * Spare ones keep no pool for longer than its tasks do: they go when this thread expects none of that pool any more, or hands one in to another.
 */
import { hot, i32 } from '../atomics.ts';
import { OBJECT } from '../memory/layout.ts';
import { enter, strike } from '../memory/ledger.ts';
import { release } from '../memory/shared-object.ts';
import { FUTURE } from './layout.ts';

const { add } = hot;

/** How many are taken at once where so many tasks are under way that as many will come. */
const MANY = 64;

/** The pool whose references are kept, and the words of the ledger that name it. */
let pool = 0;
const spare: number[] = [];
/** How many of its tasks are under way; fewer than there are if those of another pool came in between, never more: then the spare ones go too early, not too late. */
let underWay = 0;

/** Gives a task, which nobody else knows yet, its reference to its pool. Returns the word of the ledger that counts this thread's reference to the task. */
export function enterTask(future: number): number {
  const wanted = i32[future + FUTURE.pool]!;
  if (pool !== wanted) {
    returnSpare();
    underWay = 0;
    pool = wanted;
  }
  if (spare.length === 0 && underWay >= MANY) takeMany();
  let word = spare.pop();
  if (word === undefined) {
    add(pool + OBJECT.references, 1);
    word = enter(pool);
  }
  i32[word] = future;
  underWay += 1;
  return word;
}

function takeMany(): void {
  add(pool + OBJECT.references, MANY);
  try {
    while (spare.length < MANY) spare.push(enter(pool));
  } catch (error) {
    // No room for a longer ledger.
    release(pool, MANY - spare.length);
    throw error;
  }
}

/** Takes its reference to its pool back from a task that nobody else knows any more, and whose block is about to be freed. */
export function leaveTask(word: number, future: number): void {
  const left = i32[future + FUTURE.pool]!;
  i32[word] = left;
  if (left === pool) underWay -= 1;
  if (left === pool && underWay > 0) spare.push(word);
  else {
    strike(word);
    release(left);
  }
}

/** Strikes out the reference to a task that others know still, which keeps its own to its pool. */
export function strikeTask(word: number, future: number): void {
  if (i32[future + FUTURE.pool] === pool) underWay -= 1;
  strike(word);
}

/** Gives the spare ones back if no task of their pool is under way any more. */
export function returnUnused(): void {
  if (underWay > 0) return;
  underWay = 0;
  returnSpare();
}

function returnSpare(): void {
  const count = spare.length;
  if (count === 0) return;
  for (const word of spare) strike(word);
  spare.length = 0;
  release(pool, count);
}
