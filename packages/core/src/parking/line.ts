/**
 * A line of waiters, first come first: a doubly linked list of nodes, its [first, last] pair two words of the object waited for.
 * All functions run under that object's guard.
 *
 * The chain of `next` from `first` is the truth; `previous` and `last` are kept for removal in one step. Each change makes the
 * chain right with one store, so that after a death in between `mend` can rebuild the rest from it. A node's `line` is set after it has
 * come into the chain and cleared before it leaves: `mend` can repair a node that it finds in the chain, never one that it can't find, and
 * a node with a stale `line` would be taken out a second time and tear the chain.
 */
import { i32 } from '../atomics.ts';
import { NODE } from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';

/** Puts a node at the end. */
export function append(line: number, node: number): void {
  const last = i32[line + 1]!;
  i32[node + NODE.next] = 0;
  i32[node + NODE.previous] = last;
  if (last === 0) i32[line] = node;
  else {
    ensureMapped(last);
    i32[last + NODE.next] = node;
  }
  i32[node + NODE.line] = line;
  i32[line + 1] = node;
}

/** Puts a node in front of one that stands in the line. */
export function insertBefore(line: number, node: number, next: number): void {
  const previous = i32[next + NODE.previous]!;
  i32[node + NODE.next] = next;
  i32[node + NODE.previous] = previous;
  if (previous === 0) i32[line] = node;
  else {
    ensureMapped(previous);
    i32[previous + NODE.next] = node;
  }
  i32[node + NODE.line] = line;
  i32[next + NODE.previous] = node;
}

/** Takes a node out, wherever in the line it stands. */
export function unlink(line: number, node: number): void {
  const previous = i32[node + NODE.previous]!;
  const next = i32[node + NODE.next]!;
  i32[node + NODE.line] = 0;
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

/** Rebuilds `previous`, `last` and each node's `line` from the chain. A node that had left the chain finds that out itself (`wasDropped`). */
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
