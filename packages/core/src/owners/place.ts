/**
 * Where in the program a thread is blocked: a few lines of its stack, which it writes down itself before it goes on sleeping, so that others can say
 * it in a report about this thread, which can't be asked.
 */
import { hot, i32 } from '../atomics.ts';
import { free } from '../memory/allocator.ts';
import { AGENT, REGISTRY } from '../memory/layout.ts';
import { readName, writeName } from '../memory/name.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';

const { load } = hot;

/** Frames of files in this folder are ours and tell the reader nothing: the source's, or the bundle's, which lies in a few files beside this one. */
const INSIDE: string = new URL(import.meta.url.includes('/src/owners/') ? '../' : './', import.meta.url)
  .pathname;
const LONGEST_STACK = 40;
const SHOWN_FRAMES = 6;
const MAXIMUM_BYTES = 2000;

/** Where the caller of this package is: some lines of the stack, innermost first, without the package's own. */
export function callerPlace(): string {
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = LONGEST_STACK;
  const stack = new Error('place').stack ?? '';
  Error.stackTraceLimit = limit;
  // A thread's inline function was evaluated by us, which its frame says at length.
  const lines = stack
    .split('\n')
    .filter(line => line !== '' && !line.startsWith('Error: '))
    .map(line =>
      line
        .replace(/\beval \(eval at/, "the thread's inline function (eval at")
        .replace(/eval at .*?\), /, ''),
    );
  const outside = lines.filter(line => !line.includes(INSIDE) && !line.includes('node:internal'));
  return (outside.length === 0 ? lines : outside)
    .slice(0, SHOWN_FRAMES)
    .map(line => line.trim())
    .join('\n');
}

/** Stores a place. Returns 0 if there is no memory for it: then it is not said. */
export function storePlace(place: string): number {
  try {
    return writeName(place, MAXIMUM_BYTES);
  } catch {
    return 0;
  }
}

/** Writes down where this thread is blocked, unless it has. */
export function publishPlace(): void {
  if (i32[selfAgent + AGENT.place] !== 0) return;
  const block = storePlace(callerPlace());
  lockGuard(REGISTRY.guard);
  i32[selfAgent + AGENT.place] = block;
  unlockGuard(REGISTRY.guard);
}

/** Takes it back: the thread goes on. */
export function withdrawPlace(agent: number = selfAgent): void {
  const block = load(agent + AGENT.place);
  if (block === 0) return;
  lockGuard(REGISTRY.guard);
  i32[agent + AGENT.place] = 0;
  unlockGuard(REGISTRY.guard);
  free(block);
}

/** Where that agent is blocked; `''` if it isn't, or hasn't been for long. */
export function placeOf(agent: number): string {
  return readUnderGuard(() => load(agent + AGENT.place));
}

/** Reads a text whose block may be freed by another thread, which takes the registry's guard before it does so. */
export function readUnderGuard(find: () => number): string {
  lockGuard(REGISTRY.guard);
  const block = find();
  ensureMapped(block);
  const text = readName(block);
  unlockGuard(REGISTRY.guard);
  return text;
}

/** A place as part of a report. */
export function indented(place: string, indent: string): string {
  return place === '' ? '' : `\n${place.replaceAll(/^/gm, indent)}`;
}
