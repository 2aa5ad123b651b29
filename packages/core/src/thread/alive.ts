/** The list of the threads that are alive. Changed under the registry's guard; it stays right at every single store (`repairRegistry`). */
import { add, i32, load, or } from '../atomics.ts';
import { REGISTRY, THREAD, THREAD_FLAG } from '../memory/layout.ts';
import { retain } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, unlockGuard } from '../parking/guard.ts';
import { hasFlag, setFlag } from './record.ts';

/** Puts a thread into the list of those alive; the registry holds a reference until it finishes. */
export function enlist(record: number): void {
  retain(record);
  lockGuard(REGISTRY.guard);
  link(record);
  unlockGuard(REGISTRY.guard);
}

export function link(record: number): void {
  const first = i32[REGISTRY.first]!;
  i32[record + THREAD.next] = first;
  i32[record + THREAD.previous] = 0;
  ensureMapped(first);
  if (first !== 0) i32[first + THREAD.previous] = record;
  i32[REGISTRY.first] = record;
  setFlag(record, THREAD_FLAG.listed, true);
  i32[REGISTRY.alive]! += 1;
  if (!hasFlag(record, THREAD_FLAG.daemon | THREAD_FLAG.main)) add(REGISTRY.nonDaemon, 1);
}

export function delist(record: number): void {
  lockGuard(REGISTRY.guard);
  if (hasFlag(record, THREAD_FLAG.listed)) {
    setFlag(record, THREAD_FLAG.listed, false);
    const next = i32[record + THREAD.next]!;
    const previous = i32[record + THREAD.previous]!;
    ensureMapped(Math.max(next, previous));
    if (previous === 0) i32[REGISTRY.first] = next;
    else i32[previous + THREAD.next] = next;
    if (next !== 0) i32[next + THREAD.previous] = previous;
    i32[REGISTRY.alive]! -= 1;
    if (!hasFlag(record, THREAD_FLAG.daemon | THREAD_FLAG.main)) add(REGISTRY.nonDaemon, -1);
  }
  unlockGuard(REGISTRY.guard);
}

/**
 * Dooms the running threads that `terminate()` was called for and that haven't ended by themselves, and returns the agents that run them. Under the
 * guard, so that a record in the list can't be finished and its memory used for something else meanwhile.
 */
export function condemn(): number[] {
  const doomed: number[] = [];
  lockGuard(REGISTRY.guard);
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    const agent = load(record + THREAD.agent);
    if (agent === 0 || !hasFlag(record, THREAD_FLAG.terminate)) continue;
    if ((or(record + THREAD.flags, THREAD_FLAG.doomed) & THREAD_FLAG.ended) === 0) doomed.push(agent);
  }
  unlockGuard(REGISTRY.guard);
  return doomed;
}

/** Pointers of all threads that are alive, each with a reference added for the caller (snapshot). */
export function aliveRecords(): number[] {
  const records: number[] = [];
  lockGuard(REGISTRY.guard);
  for (let record = i32[REGISTRY.first]!; record !== 0; record = i32[record + THREAD.next]!) {
    ensureMapped(record);
    retain(record);
    records.push(record);
  }
  unlockGuard(REGISTRY.guard);
  return records;
}
