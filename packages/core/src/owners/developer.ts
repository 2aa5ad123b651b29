/** What `hold()` does besides where a developer has asked for it; REGISTRY.watch says what. Otherwise these cost a look at one word. */
import { i32 } from '../atomics.ts';
import { REGISTRY, WATCH } from '../memory/layout.ts';
import { whenBound } from '../memory/slab.ts';
import { checkOrder } from './order.ts';
import { traceLocks, traceTaken } from './traces.ts';

/** A guard is about to take a lock that this thread doesn't hold; the deadline is how long it would wait. */
export function beforeTaking(lock: number, deadline: number): void {
  if ((i32[REGISTRY.watch]! & WATCH.order) !== 0 && deadline === Infinity) checkOrder(lock);
}

/** A guard has taken the lock. */
export function noteTaken(lock: number): void {
  if ((i32[REGISTRY.watch]! & WATCH.traces) !== 0) traceTaken(lock);
}

const { env } = ((globalThis as { process?: unknown }).process ?? {}) as {
  env?: Record<string, string | undefined>;
};

whenBound(() => {
  if (env?.['HEDDLE_TRACE_LOCKS'] === '1') traceLocks(true);
});
