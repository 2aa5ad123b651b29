/**
 * Where each lock was taken that a guard holds: written down by each thread for itself, while `traceLocks(true)`. A list for each agent, from
 * AGENT.traces on, of records [next, lock, block with the place], guarded by the registry's guard.
 */
import { hot, i32 } from '../atomics.ts';
import { allocate, free } from '../memory/allocator.ts';
import { AGENT, REGISTRY, WATCH } from '../memory/layout.ts';
import { ensureMapped, slab } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { setForgetTrace } from './held.ts';
import { callerPlace, readUnderGuard, storePlace } from './place.ts';

const { and, load, or } = hot;

const RECORD_BYTES = 64;
const [NEXT, LOCK, PLACE] = [0, 1, 2];

/**
 * Makes every `hold()` in all threads write down where it was called, so that deadlock reports and dumps say where each lock was taken; or ends that. Costs
 * tens of microseconds for each `hold()`. Also on with the environment variable `HEDDLE_TRACE_LOCKS=1`. Never blocks.
 */
export function traceLocks(on: boolean): void {
  if (typeof on !== 'boolean')
    throw new TypeError(`traceLocks: expected a boolean, got ${String(on)} (${typeof on})`);
  slab();
  if (on) or(REGISTRY.watch, WATCH.traces);
  else and(REGISTRY.watch, ~WATCH.traces);
}

/** Writes down where this thread took the lock. */
export function traceTaken(lock: number): void {
  setForgetTrace(forgetTrace);
  const place = storePlace(callerPlace());
  if (place === 0) return;
  let record: number;
  try {
    record = allocate(RECORD_BYTES);
  } catch {
    return free(place);
  }
  i32[record + LOCK] = lock;
  i32[record + PLACE] = place;
  lockGuard(REGISTRY.guard);
  i32[record + NEXT] = i32[selfAgent + AGENT.traces]!;
  i32[selfAgent + AGENT.traces] = record;
  unlockGuard(REGISTRY.guard);
}

function forgetTrace(lock: number): void {
  lockGuard(REGISTRY.guard);
  let before = selfAgent + AGENT.traces;
  let record = i32[before]!;
  while (record !== 0 && i32[record + LOCK] !== lock) {
    before = record + NEXT;
    record = i32[before]!;
  }
  if (record !== 0) i32[before] = i32[record + NEXT]!;
  unlockGuard(REGISTRY.guard);
  if (record === 0) return;
  free(i32[record + PLACE]!);
  free(record);
}

/** Where that agent took the lock; `''` if that wasn't traced. */
export function traceOf(agent: number, lock: number): string {
  return readUnderGuard(() => {
    let record = load(agent + AGENT.traces);
    while (record !== 0) {
      ensureMapped(record);
      if (i32[record + LOCK] === lock) return i32[record + PLACE]!;
      record = i32[record + NEXT]!;
    }
    return 0;
  });
}

/** Frees what a dead agent wrote down. */
export function freeTraces(agent: number): void {
  lockGuard(REGISTRY.guard);
  let record = i32[agent + AGENT.traces]!;
  i32[agent + AGENT.traces] = 0;
  unlockGuard(REGISTRY.guard);
  while (record !== 0) {
    ensureMapped(record);
    const next = i32[record + NEXT]!;
    free(i32[record + PLACE]!);
    free(record);
    record = next;
  }
}
