/** How large the stacks of new threads are. */
import { i32, load, store } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { REGISTRY, THREAD, THREAD_FLAG } from '../memory/layout.ts';
import { slab } from '../memory/slab.ts';
import { host } from './host.ts';
import { setFlag } from './record.ts';

const SMALLEST_KIB = 32;
const GREATEST_MIB = 1024;

/**
 * Returns the stack size, in MiB, of threads that are started from now on, by any thread; 0 stands for the platform's own (4 MiB in Node). With an
 * argument it sets it, and returns what it was before; 0 goes back to the platform's. A thread with a stack size of its own gets a fresh worker that is
 * used for nothing else, as with `isolated`. Never blocks.
 *
 * Throws `RangeError` for less than 1/32 MiB (32 KiB) and more than 1024 MiB, `TypeError` for what is no number, and `ThreadStateError` where workers
 * have no stack size (Deno, Bun, browsers). Source: Python's `threading.stack_size`, in MiB instead of bytes.
 */
export function stackSize(mib?: number): number {
  slab();
  const before = load(REGISTRY.stackKiB) / 1024;
  if (mib === undefined) return before;
  if (typeof mib !== 'number')
    throw new TypeError(`stackSize: mib must be a number of MiB, got ${String(mib)} (${typeof mib})`);
  if (mib !== 0 && !(mib >= SMALLEST_KIB / 1024 && mib <= GREATEST_MIB)) {
    throw new RangeError(
      `stackSize: mib must be 0 or from ${SMALLEST_KIB / 1024} (32 KiB) to ${GREATEST_MIB}, got ${mib}`,
    );
  }
  if (!host.limitsStack)
    throw new ThreadStateError(
      `stackSize: ${mib} can't be kept to: workers have no stack size in Deno, Bun and browsers`,
    );
  store(REGISTRY.stackKiB, Math.round(mib * 1024));
  return before;
}

/** Writes down the stack size that a thread which is being started will have. */
export function assignStack(record: number): void {
  const kib = load(REGISTRY.stackKiB);
  if (kib === 0) return;
  i32[record + THREAD.stackKiB] = kib;
  setFlag(record, THREAD_FLAG.isolated, true);
}
