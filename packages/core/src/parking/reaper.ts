/**
 * Settles a dead thread's affairs, so that nobody waits for it: runs in the supervisor, after the platform has said that the thread
 * will never run again. In this order, since each step relies on the one before:
 *
 *  1. guards that it held: taken over, their objects repaired, freed (until then others wait for these few words)
 *  2. its places in lines: left; what it had been granted and not taken up yet is handed on
 *  3. locks that its guards held: abandoned; async nodes: returned; what else it left unfinished: the layers above know (`onDeath`)
 *  4. references, free blocks: returned
 *  5. everybody else is woken and looks again at what they wait for, should the dead have stopped between telling and waking them
 */
import { add, i32, load, notify, store } from '../atomics.ts';
import { agents, bury, describeAgent } from '../memory/agent.ts';
import { free, reclaimFreeLists } from '../memory/allocator.ts';
import { findKind, kindOf } from '../memory/kinds.ts';
import {
  AGENT,
  AGENT_STATE,
  GUARD_DEPTH,
  HEADER,
  LINE_WORDS,
  NODE,
  NODE_STATE,
  OBJECT,
  REGISTRY,
} from '../memory/layout.ts';
import { referencesOf, settle } from '../memory/ledger.ts';
import { release } from '../memory/shared-object.ts';
import { ensureMapped } from '../memory/slab.ts';
import { inheritGuard, isHeldBy, resetDepth, selfAgent, unlockGuard } from './guard.ts';
import { leave } from './standing.ts';
import { wakeAgent } from './wake.ts';

const afterDeath: Array<(agent: number) => void> = [];
let repairRegistry: ((dead: number) => void) | undefined;

/** Adds what a layer above does for the dead, while they still have their references. Under no guard. */
export function onDeath(action: (agent: number) => void): void {
  afterDeath.push(action);
}

const atThreadEnd: Array<() => void> = [];

/** Adds what a layer above does, in the worker, when a thread has ended whose worker lives on. Under no guard. */
export function onThreadEnd(action: () => void): void {
  atThreadEnd.push(action);
}

/** A thread has ended in this worker, which is about to take another. */
export function endThread(): void {
  if (i32[selfAgent + AGENT.held] !== 0 || i32[selfAgent + AGENT.shares] !== 0) abandonHeld(selfAgent);
  for (const act of atThreadEnd) act();
}

/** Sets what repairs the thread registry, under its guard, when that agent has left it. */
export function onRegistryLeft(action: (dead: number) => void): void {
  repairRegistry = action;
}

/** Buries an agent whose thread is certainly dead. Blocks for short guards only. */
export function reap(agent: number): void {
  store(agent + AGENT.state, AGENT_STATE.dead);
  takeOverGuards(agent);
  leaveLines(agent);
  abandonHeld(agent);
  freeNodes(agent);
  for (const act of afterDeath) act(agent);
  forgetWatched(agent);
  settle(agent, pointer => release(pointer));
  reclaimFreeLists(agent);
  rescanAll(agent);
  bury(agent);
}

/** Frees what an agent wrote down for others about itself; set by `owners/watch.ts`. */
let forgetWatched: (agent: number) => void = () => {};

export function setForgetWatched(action: (agent: number) => void): void {
  forgetWatched = action;
}

/** Frees the guards of an agent whose thread is certainly dead, and repairs what they guard. Harmless twice. */
export function takeOverGuards(agent: number): void {
  for (const guard of guardsOf(agent)) takeOverGuard(guard, agent);
}

function takeOverGuard(guard: number, agent: number): void {
  ensureMapped(guard);
  const object = objectOf(guard);
  const isSecond = object !== 0 && guard !== object + OBJECT.guard;
  // Who held both was in the midst of something in which nobody may come in between: `repair` takes this one over with the other.
  if (isSecond && isHeldBy(object + OBJECT.guard, agent)) return;
  if (!inheritGuard(guard, agent)) {
    // It may have freed the guard and died before it woke who sleeps there. Whoever wakes passes it on (`guard.ts`), so one is enough.
    notify(guard, 1);
    return;
  }
  // The allocator keeps its lists right at every single store.
  if (guard === REGISTRY.guard) repairRegistry?.(agent);
  else if (object !== 0) {
    const kind = kindOf(i32[object + OBJECT.kind]!);
    if (isSecond) kind.repairSecond?.(object);
    else kind.repair?.(object, agent);
  }
  unlockGuard(guard);
}

/** The object that has this guard; 0 for the guards that belong to the runtime. */
function objectOf(guard: number): number {
  if (guard === REGISTRY.guard || guard === HEADER.allocatorGuard || guard === REGISTRY.deadlockGuard)
    return 0;
  return guard - (guard % LINE_WORDS === OBJECT.guard ? OBJECT.guard : OBJECT.secondGuard);
}

/** Innermost first. A copy: to take over our own guards writes these words. */
function guardsOf(agent: number): number[] {
  const crumbs = i32.slice(agent + AGENT.guards, agent + AGENT.guards + GUARD_DEPTH);
  return [...crumbs].reverse().filter(guard => guard !== 0);
}

/** Frees the guards that an exception left this thread holding, and repairs what they guard. */
export function freeLeftBehind(): void {
  const left = guardsOf(selfAgent);
  resetDepth();
  i32.fill(0, selfAgent + AGENT.guards, selfAgent + AGENT.guards + GUARD_DEPTH);
  for (const guard of left) takeOverGuard(guard, selfAgent);
}

function* nodesOf(agent: number): Generator<number> {
  yield agent + AGENT.node;
  for (let node = i32[agent + AGENT.nodes]!; node !== 0; node = i32[node + NODE.agentNext]!) {
    ensureMapped(node);
    yield node;
  }
}

function leaveLines(agent: number): void {
  for (const node of nodesOf(agent)) {
    const object = i32[node + NODE.primitive]!;
    if (object === 0) continue;
    ensureMapped(object);
    const line = kindOf(i32[object + OBJECT.kind]!).lines.find(
      each => each.offset === i32[node + NODE.joined],
    );
    if (line === undefined) continue;
    if (!leave(object, line, node) && load(node + NODE.state) === NODE_STATE.granted)
      line.giveBack(object, node);
  }
}

/**
 * Abandons the locks that guards of an agent hold: those in its list, the one that it was just taking or giving back, and those that a promise of
 * its own was just getting. For the dead, and for a worker whose thread has ended.
 */
function abandonHeld(agent: number): void {
  const holding = i32[agent + AGENT.holding]!;
  // It may have been freed since.
  const locks = new Set(referencesOf(agent).includes(holding) ? [holding] : []);
  for (const node of nodesOf(agent)) {
    if (i32[node + NODE.isAsync] === 1) locks.add(i32[node + NODE.primitive]!);
  }
  for (let lock = i32[agent + AGENT.held]!; lock > 0; lock = i32[lock + OBJECT.heldNext]! - 1) {
    ensureMapped(lock);
    locks.add(lock);
  }
  abandonShares(agent);
  locks.delete(0);
  i32[agent + AGENT.held] = 0;
  i32[agent + AGENT.holding] = 0;
  if (locks.size === 0) return;
  const by = describeAgent(agent);
  for (const lock of locks) {
    ensureMapped(lock);
    findKind(i32[lock + OBJECT.kind]!)?.abandon?.(lock, agent, by);
  }
}

/** What was only read is as it was: the dead one's shares are given back, and nobody is told. */
function abandonShares(agent: number): void {
  let record = i32[agent + AGENT.shares]!;
  i32[agent + AGENT.shares] = 0;
  while (record !== 0) {
    ensureMapped(record);
    const [next, lock] = [i32[record]!, i32[record + 1]!];
    ensureMapped(lock);
    findKind(i32[lock + OBJECT.kind]!)?.unshare?.(lock);
    free(record);
    record = next;
  }
}

function freeNodes(agent: number): void {
  const nodes = [...nodesOf(agent)].slice(1);
  i32[agent + AGENT.nodes] = 0;
  for (const node of nodes) free(node);
}

function rescanAll(dead: number): void {
  for (const agent of agents()) {
    if (agent === dead || agent === selfAgent || load(agent + AGENT.state) !== AGENT_STATE.alive) continue;
    // A thread that blocks in a line sleeps on its node: it may have been told, and not woken. Who was not told sleeps on.
    notify(agent + AGENT.node + NODE.state, 1);
    add(agent + AGENT.rescan, 1);
    wakeAgent(agent);
  }
}
