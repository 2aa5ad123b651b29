/**
 * Time limits of running tasks, watched by the supervisor, since the worker is in the task and whoever waits may be blocked. It looks at all slots of all
 * pools when the next deadline it knows of comes, and is woken only for an earlier one.
 *
 * No deadline is missed: a worker writes its slot, then reads when the supervisor will look, and wakes it if that is too late (or 0: unknown). The
 * supervisor says 0, then looks at the slots, then says when it will look again. So either it saw the slot, or the worker sees the 0.
 */
import { hot, i32 } from '../atomics.ts';
import { REGISTRY } from '../memory/layout.ts';
import { release, retain } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { wakeSupervisor } from '../thread/registry.ts';
import { FUTURE, PHASE, SLOT } from './layout.ts';
import { allPools } from './pools.ts';
import { abandon, timeIsUp } from './settle.ts';
import { eachSlot } from './slots.ts';
import { sharedClock } from './taking.ts';
import { tellRunner } from './withdrawing.ts';

const { load, store } = hot;

/** A worker begins a task with a time limit; its slot has been written. */
export function noteDeadline(milliseconds: number): void {
  const next = load(REGISTRY.nextDeadline);
  if (next === 0 || ((next - (sharedClock() + milliseconds)) | 0) > 0) wakeSupervisor();
}

let timer: ReturnType<typeof setTimeout> | undefined;

/** Settles the tasks whose time is up, and sets the timer for the next. Runs in the supervisor, whenever it is woken. */
export function lookAtDeadlines(): void {
  if (load(REGISTRY.pools) === 0) return;
  store(REGISTRY.nextDeadline, 0);
  let soonest = Infinity;
  for (const pool of allPools()) {
    const late: number[] = [];
    eachSlot(pool, slot => {
      const future = i32[slot + SLOT.timed]!;
      if (future === 0) return;
      const left = (i32[slot + SLOT.deadline]! - sharedClock()) | 0;
      if (left > 0) {
        soonest = Math.min(soonest, left);
        return;
      }
      // In a slot it isn't freed: its worker clears the slot first, under the guard that we hold.
      i32[slot + SLOT.timed] = 0;
      retain(future);
      late.push(future);
    });
    for (const future of late) {
      ensureMapped(future);
      if (abandon(future, PHASE.threw, { value: timeIsUp(i32[future + FUTURE.timeout]!) }))
        tellRunner(pool, future);
      release(future);
    }
    release(pool);
  }
  if (timer !== undefined) clearTimeout(timer);
  timer = undefined;
  if (soonest === Infinity) return;
  timer = setTimeout(lookAtDeadlines, soonest);
  store(REGISTRY.nextDeadline, (sharedClock() + soonest) | 1);
}
