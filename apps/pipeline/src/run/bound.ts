// How much faster threads can be than one thread, by the times that the stages take on one thread.

import type { Stage } from './run.ts';

/** One answer. */
export interface Limit {
  /** How many times as fast. */
  readonly speedUp: number;
  /** What takes the least time that is possible, in seconds. */
  readonly seconds: number;
  /** What that is. */
  readonly by: string;
}

export interface Bound {
  /** What one thread needs, in seconds: the sum of its stages. */
  readonly total: number;
  /** With a thread for each stage: no run is shorter than its longest stage, or than all work shared by the cores. */
  readonly stages: Limit;
  /** With several parser threads: as above, but they share their stage. */
  readonly shared: Limit;
}

/** Computes the bounds from the stages of a run on one thread. */
export function boundOf(stages: readonly Stage[], workers: number, cores: number): Bound {
  const total = stages.reduce((sum, stage) => sum + stage.busySeconds, 0);
  return {
    total,
    stages: limit(stages, 1, cores, total),
    shared: limit(stages, Math.max(1, workers), cores, total),
  };
}

function limit(stages: readonly Stage[], parsers: number, cores: number, total: number): Limit {
  let seconds = total / cores;
  let by = `all work on ${cores} ${cores === 1 ? 'core' : 'cores'}`;
  for (const { name, busySeconds } of stages) {
    const sharers = name === 'parse' ? parsers : 1;
    if (busySeconds / sharers <= seconds) continue;
    seconds = busySeconds / sharers;
    by = sharers === 1 ? name : `${name}, shared by ${sharers}`;
  }
  return { speedUp: seconds === 0 ? 1 : total / seconds, seconds, by };
}
