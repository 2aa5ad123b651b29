/**
 * Telling a waiter what became of it. Both functions run under the guard of the object waited for, so that a waiter that gives
 * up at the same moment sees one or the other: still in line, or served.
 * The word is notified when the guard is free again (`notifyLater`). A waker that is killed midway leaves states that the reaper brings to an
 * end: it wakes everybody.
 */
import { hot, i32, notify } from '../atomics.ts';
import { AGENT, NODE, NODE_STATE } from '../memory/layout.ts';
import { notifyLater } from './guard.ts';
import { first, unlink } from './line.ts';
import { tell } from './lookout.ts';

const { add, compareExchange, load, store } = hot;

/** Takes the node out of its line and gives it what it waited for. */
export function grant(node: number, given = 0): void {
  // Before it leaves the line: should we die in the next instruction, the waiter takes the rest for done.
  i32[node + NODE.given] = given;
  unlink(i32[node + NODE.line]!, node);
  settle(node, NODE_STATE.granted);
}

/** As `grant`, for a blocked thread that somebody else will wake (`notify` on its node's state) or that looks by itself within a slice. */
export function grantQuietly(node: number): void {
  i32[node + NODE.given] = 0;
  unlink(i32[node + NODE.line]!, node);
  store(node + NODE.state, NODE_STATE.granted);
}

/** Grants all nodes of a line and returns how many there were. */
export function grantAll(line: number, given = 0): number {
  let count = 0;
  for (let node = first(line); node !== 0; node = first(line)) {
    grant(node, given);
    count++;
  }
  return count;
}

/** Tells a waiting node to try again; it keeps its place in the line. Does nothing if it has been told already. */
export function poke(node: number): void {
  if (load(node + NODE.state) === NODE_STATE.waiting) settle(node, NODE_STATE.poked);
}

function settle(node: number, state: number): void {
  store(node + NODE.state, state);
  if (i32[node + NODE.isAsync] === 0) notifyLater(node + NODE.state);
  else {
    const agent = i32[node + NODE.agent]!;
    push(agent, node);
    tell(agent);
  }
}

/** Tells an agent's event loop of a node whose state has changed. Not under a guard. */
export function pushReady(agent: number, node: number): void {
  push(agent, node);
  notify(agent + AGENT.wake, 2);
}

/** A node is pushed once for each settling, and settled again only after its agent has taken it from the stack (see `async.ts`). */
function push(agent: number, node: number): void {
  const ready = agent + AGENT.ready;
  for (;;) {
    const head = load(ready);
    i32[node + NODE.readyNext] = head;
    if (compareExchange(ready, head, node) === head) break;
  }
  add(agent + AGENT.wake, 1);
}

/**
 * Makes an agent look at its shared words: its event loop, and the thread itself where it is blocked on the wake word (waiting for any of many
 * futures). Therefore two are notified: there is at most one of each.
 */
export function wakeAgent(agent: number): void {
  add(agent + AGENT.wake, 1);
  notify(agent + AGENT.wake, 2);
}
