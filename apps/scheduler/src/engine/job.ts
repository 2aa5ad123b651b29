// Jobs and runs as the engine has them in memory.

import type { JobSpec } from '../job/spec.ts';
import type { RunCause, RunState } from '../store/ops.ts';
import type { JobRow } from '../store/reads.ts';
import type { Heap, InHeap } from './heap.ts';

/** A job. Written by the engine only. */
export interface Job extends InHeap {
  readonly id: string;
  spec: JobSpec;
  revision: number;
  paused: boolean;
  nextAt: number | undefined;
  /** The last time that it was due. */
  lastAt: number | undefined;
  readonly origin: string;
  /** Its open runs. All but those of `overlap: 'allow'` go one after the other: the first is under way, or on its way; the others wait for it. */
  open: Run[];
  /** Rows that were added to the history since it was last cut. */
  unpruned: number;
  /** How its last run ended. */
  last: { readonly state: RunState; readonly at: number } | undefined;
  isRemoved: boolean;
}

/** A run that has not come to its end. */
export interface Run extends InHeap {
  readonly id: string;
  readonly job: Job;
  readonly cause: RunCause;
  readonly scheduledFor: number;
  readonly missed: number;
  /** Counts up over all runs: the last criterion of order. */
  readonly order: number;
  /**
   * - `waiting`: for a run of the same job before it.
   * - `ready`: for a thread, or for room in its group.
   * - `running`: has a thread, or will have one: its intent may be on its way to the disk, or be there before its time.
   * - `retrying`: for the time of its next attempt.
   */
  stage: 'waiting' | 'ready' | 'running' | 'retrying' | 'over';
  /** The group that it counts in while it is running, or stands aside for. */
  group: string | undefined;
  /** Whether it stands aside, because its group is full or rests. */
  isAside: boolean;
  /** When it stood aside no longer, or the run before it was over, if it had to wait for that. */
  letGoAt: number | undefined;
  /** Whether there is a row for it. */
  isStored: boolean;
  attempt: number;
  interruptions: number;
  startedAt: number | undefined;
  retryAt: number | undefined;
  /** Whether it is from a scheduler before this one. */
  isRecovered: boolean;
  /** Whether its intent was stored before its time. */
  isEarly: boolean;
  /** Where it waits for its time, or for a thread, when its intent is on the disk. */
  heldIn: Heap<Run> | undefined;
  /** Why it was asked to stop, if it was. */
  stopped: 'cancelled' | 'timedOut' | 'shutdown' | undefined;
  cancelTimeout: () => void;
}

export function jobFromRow(row: JobRow): Job {
  return {
    ...row,
    place: -1,
    open: [],
    unpruned: 0,
    last: undefined,
    isRemoved: false,
  };
}
