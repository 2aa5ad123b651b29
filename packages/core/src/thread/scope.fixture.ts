/** Tasks for the tests of what belongs to one thread. */
import type { Lock } from '../sync/lock.ts';
import { atThreadExit } from './scope.ts';
import { task } from './target.ts';
import { ThreadLocal } from './thread-local.ts';

export const counter: ThreadLocal<number> = new ThreadLocal(() => 100);
const bare = new ThreadLocal<string>();

/** Tells what was there before and changes it. */
export const bump = task(import.meta, function bump(by: number): [
  boolean,
  number,
  number,
  string | undefined,
] {
  const had = counter.has();
  const before = counter.value;
  counter.value += by;
  const { value } = bare;
  bare.value = 'left behind';
  return [had, before, counter.value, value];
});

/** Registers three actions, one of them async and one broken; the last to be called releases the lock. */
export const leave = task(import.meta, function leave(lock: Lock, fails: boolean): void {
  const order: number[] = [];
  atThreadExit(() => {
    if (order.join() === '3,2') lock.release();
  });
  atThreadExit(async () => {
    await Promise.resolve();
    order.push(2);
  });
  atThreadExit(() => {
    order.push(3);
    throw new Error('broken action');
  });
  if (fails) throw new Error('the thread failed');
});
