// Who goes first when there are more busy threads than cores.

import { constants, getPriority, setPriority } from 'node:os';

/** Steps of `nice`: a thread that is ten lower has about a tenth of the weight of one that isn't. */
const STEPS = 10;

/**
 * Lets the reader and the writer go before this thread. There is one of each, so every moment that the writer waits for a core is
 * added to the end of the run, while parsers make up for each other. Without it three busy threads share two cores alike: the writer
 * falls behind, the queue of facts fills, and the parsers stand still while it catches up.
 *
 * On Linux a priority belongs to a thread, and 0 means the calling one; elsewhere it would be the whole process's, so nothing is done.
 * It can't be undone without privileges, so this is for threads that do nothing else until their process ends.
 */
export function goLast(): void {
  if (process.platform !== 'linux') return;
  try {
    setPriority(0, Math.min(getPriority(0) + STEPS, constants.priority.PRIORITY_LOW));
  } catch {
    // A sandbox may forbid it. The run is as right without it, only slower.
  }
}
