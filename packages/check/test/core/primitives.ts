/** All scenarios over core, by primitive. */
import type { Scenario } from '../../src/index.ts';
import * as barrier from './barrier.scenarios.ts';
import * as condition from './condition.scenarios.ts';
import * as event from './event.scenarios.ts';
import * as exchanger from './exchanger.scenarios.ts';
import * as guard from './guard.scenarios.ts';
import * as lock from './lock.scenarios.ts';
import * as once from './once.scenarios.ts';
import * as pool from './pool.scenarios.ts';
import * as queue from './queue.scenarios.ts';
import * as rwLock from './rw-lock.scenarios.ts';
import * as semaphore from './semaphore.scenarios.ts';
import * as spinLock from './spin-lock.scenarios.ts';

const { latch, ...events } = event;
const { reentrant, ...locks } = lock;

export const primitives: ReadonlyArray<readonly [string, Scenario[]]> = [
  ['Lock', Object.values(locks)],
  ['RLock', [reentrant]],
  ['RWLock', Object.values(rwLock)],
  ['SpinLock', Object.values(spinLock)],
  ['guards', Object.values(guard)],
  ['Semaphore', Object.values(semaphore)],
  ['Event', Object.values(events)],
  ['CountDownLatch', [latch]],
  ['Condition', Object.values(condition)],
  ['Barrier', Object.values(barrier)],
  ['Once', Object.values(once)],
  ['Exchanger', Object.values(exchanger)],
  ['Queue', Object.values(queue)],
  ['ThreadPoolExecutor', Object.values(pool)],
];
