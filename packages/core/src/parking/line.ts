/**
 * A line of waiters, first come first: a doubly linked list of nodes, its [first, last] pair two words of the object waited for.
 * All functions run under that object's guard.
 *
 * The chain of `next` from `first` is the truth; `previous` and `last` are kept for removal in one step. Each change makes the
 * chain right with one store, so that after a death in between `mend` can rebuild the rest from it.
 */
import { i32 } from '../atomics.ts';
import { NODE } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';

/** Puts a node at the end. */
export function append(line: number, node: number): void {
  const last = i32[line + 1]!;
  i32[node + NODE.next] = 0;
  i32[node + NODE.previous] = last;
  i32[node + NODE.line] = line;
  if (last === 0) i32[line] = node;
  else {
    ensureMapped(last);
    i32[last + NODE.next] = node;
  }
  i32[line + 1] = node;
}

/** Takes a node out, wherever in the line it stands. */
export function unlink(line: number, node: number): void {
  const previous = i32[node + NODE.previous]!;
  const next = i32[node + NODE.next]!;
  if (previous === 0) i32[line] = next;
  else {
    ensureMapped(previous);
    i32[previous + NODE.next] = next;
  }
  if (next === 0) i32[line + 1] = previous;
  else {
    ensureMapped(next);
    i32[next + NODE.previous] = previous;
  }
  i32[node + NODE.line] = 0;
}

/** The node that is next, 0 when nobody waits. */
export function first(line: number): number {
  const node = i32[line]!;
  ensureMapped(node);
  return node;
}

/** How many wait. */
export function lengthOf(line: number): number {
  let count = 0;
  for (let node = first(line); node !== 0; node = i32[node + NODE.next]!) {
    ensureMapped(node);
    count++;
  }
  return count;
}

/** Rebuilds `previous`, `last` and each node's `line` from the chain. A node that had left the chain is told so by the reaper's rescan. */
export function mend(line: number): void {
  let previous = 0;
  for (let node = first(line); node !== 0; node = i32[node + NODE.next]!) {
    ensureMapped(node);
    i32[node + NODE.previous] = previous;
    i32[node + NODE.line] = line;
    previous = node;
  }
  i32[line + 1] = previous;
}
