// Brings threads up while the rest of the program is loaded: both take a core for a quarter of a second, and there are two.

import { task, Thread } from '@heddle/core';

const rise = task(import.meta, function rise(): void {});

/** Starts `count` threads that end at once, so that their workers are there for the next ones. The promise settles when they are. */
export async function warmUp(count: number): Promise<void> {
  const one = async (): Promise<unknown> => new Thread(rise, { name: 'warm-up' }).start().joinAsync();
  // What keeps a thread from starting is reported where it is missing: by the run.
  await Promise.allSettled(Array.from({ length: count }, one));
}
