/**
 * Threads that are killed at any atomic step of what they do, while the third does what the supervisor does in reality: it hears of a death and settles
 * the dead one's affairs. Explored with `faults: { kills: 1, victims: [0, 1] }`.
 */
import assert from 'node:assert/strict';
import {
  AbandonedLockError,
  Lock,
  Queue,
  QueueShutDownError,
  RWLock,
  Semaphore,
} from '../../../core/src/index.ts';
import { selfAgent } from '../../../core/src/parking/guard.ts';
import { reap } from '../../../core/src/parking/reaper.ts';
import type { End, Scenario, ThreadInfo } from '../../src/index.ts';
import { coreScenario, waitingFor } from './core-scenario.ts';
import type { WithCells } from './core-scenario.ts';

/** Cells from here on: the agents of the threads. */
const AGENTS = 8;

/** Makes the thread known to the supervisor before its first step. */
function mortal<S extends WithCells>(work: (state: S) => unknown): (state: S, info: ThreadInfo) => unknown {
  return (state, { index }) => {
    state.cells[AGENTS + index] = selfAgent;
    return work(state);
  };
}

/** Buries who dies, until the two others have ended; `then` is what the program would do about it. */
function supervise<S extends WithCells>(then?: (state: S) => void): (state: S, info: ThreadInfo) => void {
  return (state, { ends }) => {
    const count = ends.length - 1;
    const buried = new Set<number>();
    for (let seen = -1; seen < 2;) {
      seen = Atomics.load(ends, count);
      for (const victim of [0, 1]) {
        if (buried.has(victim) || Atomics.load(ends, victim) !== 2) continue;
        buried.add(victim);
        reap(state.cells[AGENTS + victim]!);
        then?.(state);
      }
      if (seen < 2) Atomics.wait(ends, count, seen);
    }
  };
}

/** Holds it, or takes over what a dead one held. */
function inside(hold: () => { release(): void }): string {
  try {
    hold().release();
    return 'held';
  } catch (error) {
    if (!(error instanceof AbandonedLockError)) throw error;
    error.guard!.release();
    return 'abandoned';
  }
}

function served(results: readonly unknown[], killed: readonly number[], what: string): void {
  const done = results.slice(0, 2).filter(result => result === 'held' || result === 'abandoned').length;
  assert.equal(done + killed.length, 2, `somebody who lived was not served by the ${what}`);
  const abandoned = results.filter(result => result === 'abandoned').length;
  assert.ok(abandoned <= killed.length, 'abandoned, although nobody died');
}

type Locked = { lock: Lock } & WithCells;
const holdLock = mortal(({ lock }: Locked) => inside(() => lock.hold()));

export const lockHolder: Scenario = coreScenario(import.meta, {
  name: 'deaths: one of two who hold a Lock',
  make: () => ({ lock: new Lock() }),
  threads: [holdLock, holdLock, supervise()],
  check({ lock }, { results, killed }) {
    served(results, killed, 'lock');
    // What died while nobody wanted the lock is told to the next.
    inside(() => lock.hold({ timeout: 0 }));
    assert.equal(lock.locked, false, 'the lock stays locked');
    assert.equal(waitingFor(lock), 0, 'somebody is left in line');
  },
});

type Shared = { lock: RWLock } & WithCells;

export const writer: Scenario = coreScenario(import.meta, {
  name: 'deaths: one of two who write under an RWLock',
  make: () => ({ lock: new RWLock() }),
  threads: [
    mortal(({ lock }: Shared) => inside(() => lock.holdExclusive())),
    mortal(({ lock }: Shared) => inside(() => lock.holdExclusive())),
    supervise(),
  ],
  check({ lock }, { results, killed }) {
    served(results, killed, 'lock');
    inside(() => lock.holdExclusive({ timeout: 0 }));
    assert.equal(waitingFor(lock), 0, 'somebody is left in line');
  },
});

type Stream = { queue: Queue<number> } & WithCells;

/** What the consumer got and what is left, in the order in which it was put: nothing is missing in between, and the first only if the consumer was killed. */
function checkOrder(rest: readonly number[], { results, killed }: End): number[] {
  const got = (results[1] as number[] | undefined) ?? [];
  const all = [...got, ...rest];
  const first = all[0] ?? 1;
  assert.deepEqual(
    all,
    all.map((_, n) => first + n),
    'lost, doubled or out of order',
  );
  if (!killed.includes(1)) assert.equal(first, 1, 'the first item was lost');
  return all;
}

export const producerAndConsumer: Scenario = coreScenario(import.meta, {
  name: 'deaths: a producer or a consumer of a Queue with one place',
  make: () => ({ queue: new Queue<number>({ maxsize: 1 }) }),
  threads: [
    mortal(({ queue }: Stream) => {
      try {
        for (const item of [1, 2, 3]) queue.put(item);
        queue.shutdown();
      } catch (error) {
        if (!(error instanceof QueueShutDownError)) throw error;
      }
    }),
    mortal(({ queue }: Stream) => [...queue]),
    supervise(({ queue }: Stream) => queue.shutdown()),
  ],
  check({ queue }, end) {
    const rest: number[] = [];
    while (queue.size > 0) rest.push(queue.get({ timeout: 0 }));
    const all = checkOrder(rest, end);
    if (end.killed.length === 0) assert.deepEqual(all, [1, 2, 3]);
  },
});

export const many: Scenario = coreScenario(import.meta, {
  name: 'deaths: a producer or a consumer of many, of a Queue with four places',
  make: () => ({ queue: new Queue<number>({ maxsize: 4 }) }),
  threads: [
    mortal(({ queue }: Stream) => {
      try {
        queue.putMany([1, 2, 3, 4, 5, 6]);
        queue.shutdown();
      } catch (error) {
        if (!(error instanceof QueueShutDownError)) throw error;
      }
    }),
    mortal(({ queue }: Stream) => {
      const got: number[] = [];
      try {
        for (;;) got.push(...queue.getMany(3));
      } catch (error) {
        if (!(error instanceof QueueShutDownError)) throw error;
      }
      return got;
    }),
    supervise(({ queue }: Stream) => queue.shutdown()),
  ],
  check({ queue }, end) {
    const all = checkOrder(queue.size > 0 ? queue.getMany(6) : [], end);
    if (end.killed.length === 0) assert.deepEqual(all, [1, 2, 3, 4, 5, 6]);
  },
});

/** Short ways only, each under the guard of its own end: the third, who looks at all of it, needs both. */
export const ends: Scenario = coreScenario(import.meta, {
  name: 'deaths: at one end of a Queue without a limit, while the other goes on',
  make: () => ({ queue: new Queue<number>() }),
  threads: [
    mortal(({ queue }: Stream) => {
      queue.put(1);
      queue.putMany([2, 3]);
      queue.put(4);
    }),
    mortal(({ queue }: Stream) => {
      const got: number[] = [];
      for (let turn = 0; turn < 4; turn++) {
        const taken = queue.tryGet();
        if (taken !== undefined) got.push(taken.value);
      }
      return got;
    }),
    supervise(),
  ],
  check({ queue }, end) {
    checkOrder(queue.size > 0 ? queue.getMany(6) : [], end);
    if (!end.killed.includes(0)) assert.equal(queue.unfinishedTasks, 4, 'not counted as put');
    assert.equal(queue.size, 0, 'counted, but not there');
    queue.put(9);
    assert.deepEqual(queue.getMany(2), [9], 'what is put after a death is not got');
  },
});

/** So few steps that a kill soon comes between telling who waits and waking it. */
export const closer: Scenario = coreScenario(import.meta, {
  name: 'deaths: who shuts down a Queue that another waits at',
  make: () => ({ queue: new Queue<number>() }),
  threads: [
    mortal(({ queue }: Stream) => queue.shutdown()),
    mortal(({ queue }: Stream) => {
      try {
        queue.get();
      } catch (error) {
        if (!(error instanceof QueueShutDownError)) throw error;
      }
      return 'told';
    }),
    supervise(({ queue }: Stream) => queue.shutdown()),
  ],
  check(_, { results, killed }) {
    if (!killed.includes(1)) assert.equal(results[1], 'told');
  },
});

type Gated = { gate: Semaphore } & WithCells;

export const semaphore: Scenario = coreScenario(import.meta, {
  name: 'deaths: one of two who take the only permit and give it back',
  make: () => ({ gate: new Semaphore(1) }),
  threads: [
    mortal(({ gate }: Gated) => {
      gate.acquire();
      gate.release();
    }),
    mortal(({ gate }: Gated) => {
      gate.acquire();
      gate.release();
    }),
    // A permit that was taken is lost with who took it: the program gives another.
    supervise(({ gate }: Gated) => {
      if (gate.value === 0) gate.release();
    }),
  ],
  check({ gate }, { killed }) {
    assert.ok(gate.value >= 1 && gate.value <= 1 + killed.length, `${gate.value} permits`);
    assert.equal(waitingFor(gate), 0, 'somebody is left in line');
  },
});
