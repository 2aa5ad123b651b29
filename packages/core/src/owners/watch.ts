/**
 * Deadlock detection. A thread that is about to sleep for a lock looks who holds it, what that one waits for, who holds that, and so on. If it comes back
 * to itself, none of them will ever run again: a certain deadlock, and instead of sleeping the thread gives up its place and throws.
 *
 * It costs nothing where nobody sleeps: who holds what is in the locks' state words, and who waits for what is in the nodes.
 *
 * **An edge** leads from a thread that is blocked without a deadline on a lock (or in `join`) to the one whose guard holds that lock (or which is to
 * be joined). Only guards make edges, and what else is certain: a plain acquire may be released by anybody.
 *
 * **Why a circle is never overlooked.** A lock's state word names its owner from the instruction on that takes it, which a thread does before it waits for
 * the next lock. And each thread first stands in line, then looks (`sleepInLine`), and looks again each time before it goes on sleeping. So in a
 * circle of n threads each became owner before it stood in line, and the last that came to stand in line sees all. One case is left: a thread that is
 * blocked already may become owner through a promise of its own (`holdAsync`) that is handed a lock. Nobody comes to stand in line then; but
 * sleepers look again after each slice (10 ms, then 100), and one of them sees it.
 *
 * **Why there is no false alarm.** The words are read one after the other while other threads change them, so what is seen may never have been true at one
 * time. Therefore the circle is walked a second time, and counts only if each thread was still in the same wait (NODE.endless, a number of its own
 * for each wait) in state `waiting`, and each lock still had that owner. A thread that was in the same wait both times ran none of its program in between, so
 * it released nothing: between the two walks all edges existed at the same time. And from then on none of the threads can run but through another
 * one of them, since only the owner releases, and an owner that is blocked turns no event loop.
 *
 * A lock that is being handed over names its new owner a few instructions before that one's node says `granted`. For these the lock says whom it serves
 * (SERVING), and that one waits for nobody: the word is set before the owner is named and cleared, atomically, after the grant, so whoever reads the new
 * owner and then no such word reads `granted` in the second walk.
 *
 * Two that see the same circle at the same time mustn't both give up. They look under a guard of its own, and who gives up says so in its node
 * (`endless` 0) before it frees that guard.
 *
 * A thread that is about to be terminated will run no more, but its locks become free. So it ends no circle.
 */
import { blockFor, canBlock, explored, hot, i32 } from '../atomics.ts';
import { DeadlockError } from '../errors.ts';
import { describeAgent } from '../memory/agent.ts';
import { KIND, findKind } from '../memory/kinds.ts';
import {
  AGENT,
  AGENT_STATE,
  NODE,
  NODE_STATE,
  OBJECT,
  REGISTRY,
  THREAD,
  THREAD_FLAG,
} from '../memory/layout.ts';
import { ensureMapped } from '../memory/slab.ts';
import { lockGuard, selfAgent, unlockGuard } from '../parking/guard.ts';
import { setForgetWatched } from '../parking/reaper.ts';
import { now } from '../parking/deadline.ts';
import { setWatch } from '../parking/park.ts';
import type { Line } from '../parking/standing.ts';
import { describeObject } from './describe.ts';
import { heldBy, ownerOfLock } from './held.ts';
import { callerPlace, indented, placeOf, publishPlace, withdrawPlace } from './place.ts';
import { sharersOf, sharesOf } from './shares.ts';
import { freeTraces, traceOf } from './traces.ts';

const { load, store } = hot;

/** How long a report waits for the other threads to say where they are. Each does 10 ms after it fell asleep, or as soon as it gets a core then. */
const PLACES_MS = explored ? 0 : 1000;

/** One thread of a circle, and what it waits for; who holds that is the next one. */
interface Step {
  readonly agent: number;
  readonly wait: number;
  readonly object: number;
}

/** What an agent waits for without a deadline, if it does and can be reached. */
function stepOf(agent: number): Step | undefined {
  if (load(agent + AGENT.state) !== AGENT_STATE.alive || isEnding(agent)) return undefined;
  const node = agent + AGENT.node;
  const wait = load(node + NODE.endless);
  if (wait === 0 || load(node + NODE.state) !== NODE_STATE.waiting) return undefined;
  const object = load(node + NODE.primitive);
  return object === 0 ? undefined : { agent, wait, object };
}

function isEnding(agent: number): boolean {
  const record = load(agent + AGENT.thread);
  ensureMapped(record);
  return record !== 0 && (load(record + THREAD.flags) & THREAD_FLAG.terminate) !== 0;
}

/** In which line an agent is blocked on that object. */
export function lineOf(agent: number, object: number): Line | undefined {
  ensureMapped(object);
  const node = agent + AGENT.node;
  return findKind(i32[object + OBJECT.kind]!)?.lines.find(
    line => line.offset === i32[node + NODE.joined] && (line.isFor?.(node) ?? true),
  );
}

function ownersAt({ agent, object }: Step): readonly number[] {
  return lineOf(agent, object)?.ownersOf?.(object, agent + AGENT.node) ?? [];
}

/** A way from this thread over those who hold what is waited for back to this thread. */
function findCircle(): Step[] | undefined {
  const path: Step[] = [];
  const seen = new Set<number>();
  const leadsBack = (agent: number): boolean => {
    if (seen.has(agent)) return false;
    seen.add(agent);
    const step = stepOf(agent);
    if (step === undefined) return false;
    path.push(step);
    if (ownersAt(step).some(owner => owner === selfAgent || leadsBack(owner))) return true;
    path.pop();
    return false;
  };
  return leadsBack(selfAgent) ? path : undefined;
}

function isStillTrue(circle: readonly Step[]): boolean {
  return circle.every((step, index) => {
    const again = stepOf(step.agent);
    const next = circle[(index + 1) % circle.length]!;
    return (
      again !== undefined &&
      again.wait === step.wait &&
      again.object === step.object &&
      ownersAt(again).includes(next.agent)
    );
  });
}

/** Looks for a circle that is closed by this thread; if there is one, the thread must give up. */
function findDeadlock(node: number): Step[] | undefined {
  if (findCircle() === undefined) return undefined;
  lockGuard(REGISTRY.deadlockGuard);
  const circle = findCircle();
  const certain = circle !== undefined && isStillTrue(circle);
  if (certain) store(node + NODE.endless, 0);
  unlockGuard(REGISTRY.deadlockGuard);
  return certain ? circle : undefined;
}

/** The others sleep until this thread has thrown and its guards are released, so there is time to ask them. */
function awaitPlaces(circle: readonly Step[]): void {
  if (!canBlock()) return;
  const missing = (): boolean => circle.some(({ agent }) => agent !== selfAgent && placeOf(agent) === '');
  for (const end = now() + PLACES_MS; missing() && now() < end;) blockFor(2);
}

function deadlockError(circle: readonly Step[]): DeadlockError {
  const wanted = describeObject(circle[0]!.object);
  if (circle.length === 1) {
    const taken = traceOf(selfAgent, circle[0]!.object);
    return new DeadlockError(
      `${wanted}: deadlock: a guard of this very thread, ${describeAgent(selfAgent)}, holds it, and can't release it while the thread waits. ` +
        (i32[circle[0]!.object + OBJECT.kind] === KIND.rwLock
          ? "Release that guard first: who holds an RWLock, alone or with others, can't take it again, in either way"
          : 'Release that guard first, pass it on, or use an RLock, which may be held twice') +
        (taken === '' ? '' : `\n  taken${indented(taken, '    ')}`),
    );
  }
  awaitPlaces(circle);
  const here = callerPlace();
  const threads = circle.map(({ agent, object }, index) => {
    const next = circle[(index + 1) % circle.length]!;
    const held = [...heldBy(agent), ...new Set(sharesOf(agent))];
    const holds = held.map(describeObject).join(', ');
    const waits = isRecordOf(object, next.agent)
      ? `waits for the end of ${describeAgent(next.agent)}`
      : `waits for ${describeObject(object)}, which ${describeAgent(next.agent)} ${isFree(object) ? 'was told to take by a promise' : 'holds'},`;
    const traces = held
      .map(lock => ({ lock, place: traceOf(agent, lock) }))
      .filter(({ place }) => place !== '');
    return (
      `\n  ${describeAgent(agent)}${holds === '' ? '' : ` holds ${holds} and`} ${waits}` +
      indented(agent === selfAgent ? here : placeOf(agent), '      ') +
      traces
        .map(({ lock, place }) => `\n    took ${describeObject(lock)}${indented(place, '      ')}`)
        .join('')
    );
  });
  return new DeadlockError(
    `${wanted}: deadlock: ${circle.length} threads wait for each other in a circle, and this one gives up:${threads.join('')}\n` +
      '  Take locks in the same order everywhere; checkLockOrder() finds where they are not',
  );
}

/** Of a lock: the next in line is a promise that hasn't heard of it yet, since its thread is blocked. */
function isFree(lock: number): boolean {
  return ownerOfLock(lock) === 0 && sharersOf(lock).length === 0;
}

function isRecordOf(object: number, agent: number): boolean {
  return load(agent + AGENT.thread) === object;
}

setForgetWatched(agent => {
  withdrawPlace(agent);
  freeTraces(agent);
});

function look(node: number): (() => Error) | undefined {
  try {
    const circle = findDeadlock(node);
    return circle === undefined ? undefined : () => deadlockError(circle);
  } catch {
    // A stack overflow: then it sleeps on.
    return undefined;
  }
}

const { env } = ((globalThis as { process?: unknown }).process ?? {}) as {
  env?: Record<string, string | undefined>;
};

setWatch({
  // Not for users: `npm run bench -- --only lock` shows what looking costs by a process in which nobody does.
  look: env?.['HEDDLE_BENCH_NO_DETECTION'] === '1' ? undefined : look,
  slept() {
    try {
      publishPlace();
    } catch {
      // A stack overflow, or a stack that can't be shown: then nobody is told where.
    }
  },
  woke: () => withdrawPlace(),
});
