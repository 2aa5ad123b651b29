/**
 * When a thread looks for handles that nobody has any more. The engine collects when its own heap has grown, and sees a handle of some hundred bytes there, not the megabyte of shared memory
 * that it keeps. And it tells registries on the event loop only, to which a thread that blocks in a loop never comes: of each lock that it is sent, something would stay for ever.
 *
 * So each thread counts its handles, and the bytes that they keep. When these have grown by a step, it has the engine collect and looks itself which handles have gone (`sweep`). It does so where nothing is
 * under way, since objects are freed then: at the beginning of a constructor or of a call that takes something from a queue, with no guard held and no message half read.
 */
import { isReading } from '../codec/decode.ts';
import { steadyNow } from '../parking/deadline.ts';
import { holdsGuards } from '../parking/guard.ts';
import { collect, prepareToCollect } from './collector.ts';

const STEP_BYTES = 2 ** 26;
const STEP_HANDLES = 2 ** 16;
/** Looking for garbage may take a tenth of a thread's time: else it waits for more, up to so many steps. */
const SHARE = 10;
const MOST_STEPS = 4;
/** Of bytes, which all threads have in common. */
const MOST_STEPS_OF_BYTES = 2;

let bytes = 0;
let handles = 0;
/** At first a little: then canaries are prepared. */
let dueBytes = 2 ** 22;
let dueHandles = 2 ** 10;
let isPrepared = false;
let steps = 1;
/** When the last look ended, and how long it took. */
let ended = -Infinity;
let took = 0;
/** How many handles had gone. */
let found = 0;
/** Bytes of the handles that were made since then. */
let made = 0;
let sweep: () => number = () => 0;

/** Whether it is time for `lookForGarbage`: for the beginning of calls that are made often. */
export let garbageIsDue = false;

/** Sets what frees the handles that have gone, and says how many. */
export function setSweep(action: () => number): void {
  sweep = action;
}

/** A handle of a block of so many bytes was made. */
export function keep(size: number): void {
  bytes += size;
  made += size;
  handles += 1;
  if (bytes >= dueBytes || handles >= dueHandles) garbageIsDue = true;
}

/** It has gone. */
export function letGo(size: number): void {
  bytes -= size;
  handles -= 1;
}

/** After a collection. */
export function waitForMore(): void {
  dueBytes = bytes + STEP_BYTES * Math.min(steps, MOST_STEPS_OF_BYTES);
  dueHandles = handles + STEP_HANDLES * steps;
}

/** Where nothing is under way that frees or is freed: the caller's first step. */
export function lookForGarbage(): void {
  garbageIsDue = false;
  if (bytes < dueBytes && handles < dueHandles) return;
  if (isPrepared) return look();
  prepareToCollect();
  isPrepared = true;
  waitForMore();
}

/** There is no memory left for so many bytes: returns whether it's worth another attempt. After a look in vain not too soon again, unless as much was made since. */
export function lookForMemory(size: number): boolean {
  if (found === 0 && made < size && steadyNow() - ended < SHARE * took) return false;
  look();
  return found > 0;
}

function look(): void {
  if (holdsGuards() || isReading()) {
    garbageIsDue = true;
    found = 0;
    return;
  }
  const start = steadyNow();
  collect();
  found = sweep();
  made = 0;
  const end = steadyNow();
  took = end - start;
  steps = start - ended < SHARE * took ? Math.min(2 * steps, MOST_STEPS) : 1;
  ended = end;
  waitForMore();
}
