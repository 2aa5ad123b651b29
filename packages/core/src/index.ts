/** `@heddle/core`: threads, and everything that they need to work together, over shared memory. */

// What threads need of the chunk that declares their tasks, when a bundler made the worker's entry a bundle of its own (`memory/realm.ts`).
import './thread/worker-main.ts';
// What `@heddle/core/comlink` sends must be known in every thread that it can come to.
import './comlink/shared-port.ts';

// Threads
export {
  activeCount,
  currentThread,
  enumerate,
  getIdent,
  getNativeId,
  mainThread,
} from './thread/current-thread.ts';
export { Thread } from './thread/thread.ts';
export type { ThreadOptions } from './thread/thread-options.ts';
export { task } from './thread/target.ts';
export type { AnyFunction, ExportTarget, Target, Task } from './thread/target.ts';
export { main } from './thread/main.ts';
export { defaultExceptHook, setExceptHook } from './thread/except-hook.ts';
export type { ExceptHook, ExceptHookArgs } from './thread/except-hook.ts';
export { ThreadLocal } from './thread/thread-local.ts';
export { DummyThread } from './thread/dummy-thread.ts';
export { getLogger, threadBindings } from './thread/logging.ts';
export type { LineLogger, ParentLogger, ThreadBindings } from './thread/logging.ts';
export { atThreadExit } from './thread/scope.ts';
export { shareContext } from './thread/context.ts';
export type { ContextStorage, ThreadContext } from './thread/context.ts';
export { stackSize } from './thread/stack-size.ts';
export { Timer } from './thread/timer.ts';
export type { TimerOptions } from './thread/timer.ts';
export { sleep, sleepAsync } from './thread/sleep.ts';

// Doing things later, in this thread
export { Scheduler } from './scheduler/scheduler.ts';
export type { ScheduledEvent, SchedulerOptions } from './scheduler/scheduler.ts';

// Workers that you start yourself
export { attach, pack, runtimeHandle, unpack } from './attach.ts';
export type { RuntimeHandle } from './attach.ts';

// Memory
export { configureMemory } from './memory/slab.ts';
export { memoryUsage } from './memory/allocator.ts';
export type { MemoryUsage } from './memory/allocator.ts';

// Locks
export { Lock } from './sync/lock.ts';
export { RLock } from './sync/rlock.ts';
export type { ReentrantAsyncWaitOptions, ReentrantWaitOptions } from './sync/rlock.ts';
export { BoundedSemaphore, Semaphore } from './sync/semaphore.ts';
export { SpinLock } from './sync/spin-lock.ts';
export type { SpinLockOptions } from './sync/spin-lock.ts';
export { RWLock } from './sync/rw-lock.ts';
export type { ExclusiveGuard } from './sync/held-rw-lock.ts';
export type { Guard } from './sync/guard.ts';
export { TIMEOUT_MAX } from './sync/options.ts';
export type { AsyncWaitOptions, WaitOptions } from './sync/options.ts';
export type { NameOptions } from './memory/shared-object.ts';

// Finding deadlocks
export { dump } from './thread/dump.ts';
export type { DumpOptions } from './thread/dump.ts';
export { dumpAfter, dumpOnSignal, dumpOnTouch } from './thread/dump-triggers.ts';
export type { DumpTrigger } from './thread/dump-triggers.ts';
export { traceLocks } from './owners/traces.ts';
export { checkLockOrder } from './owners/order.ts';
export type { LockInversion, LockOrderOptions } from './owners/order.ts';

// Waiting for each other
export { Condition } from './sync/condition.ts';
export { Event } from './sync/event.ts';
export { Barrier } from './sync/barrier.ts';
export type { BarrierOptions } from './sync/barrier.ts';
export { Exchanger } from './sync/exchanger.ts';
export { Once } from './sync/once.ts';
export { CountDownLatch } from './sync/count-down-latch.ts';

// Numbers and flags without a lock
export { AtomicCounter } from './sync/atomic-counter.ts';
export { AtomicFlag } from './sync/atomic-flag.ts';

// Arrays of numbers
export { SharedArray } from './array/shared-array.ts';
export type { NumericView } from './array/shared-array.ts';
export {
  SharedBigInt64Array,
  SharedBigUint64Array,
  SharedFloat32Array,
  SharedFloat64Array,
  SharedInt16Array,
  SharedInt32Array,
  SharedInt8Array,
  SharedUint16Array,
  SharedUint32Array,
  SharedUint8Array,
  SharedUint8ClampedArray,
} from './array/shared-arrays.ts';

// Loops in several threads
export { parallelFor, parallelForAsync, parallelMap, parallelMapAsync } from './parallel/parallel.ts';
export type { AsyncParallelOptions, IntoOption, ParallelOptions } from './parallel/parallel.ts';
export type { Range } from './parallel/range.ts';

// Queues
export { Queue } from './queue/queue.ts';
export { SimpleQueue } from './queue/simple-queue.ts';
export { LifoQueue } from './queue/lifo-queue.ts';
export { PriorityQueue } from './queue/priority-queue.ts';
export type { PriorityOptions, PriorityQueueOptions } from './queue/priority-queue.ts';
export type {
  AsyncGetOptions,
  AsyncPutOptions,
  GetOptions,
  IntoOptions,
  PutOptions,
  QueueOptions,
  TransferOptions,
} from './queue/options.ts';
export type { Taken } from './queue/any-queue.ts';
export { SharedIterator } from './iterator/shared-iterator.ts';
export type { SharedItems } from './iterator/shared-iterator.ts';
export { SharedBuffer } from './queue/shared-buffer.ts';

// Executors
export { ThreadPoolExecutor } from './executor/thread-pool-executor.ts';
export type { AsyncIterables, Iterables } from './executor/thread-pool-executor.ts';
export { Future } from './executor/future.ts';
export { SettableFuture } from './executor/settable-future.ts';
export { asCompleted, wait, waitAsync } from './executor/wait.ts';
export type { Completed, DoneAndNotDone, ReturnWhen, WaitForOptions } from './executor/wait.ts';
export { currentTask } from './executor/current-task.ts';
export type { CurrentTask } from './executor/current-task.ts';
export type {
  MapAsyncOptions,
  MapOptions,
  ShutdownOptions,
  Submission,
  ThreadPoolExecutorOptions,
} from './executor/options.ts';

// Errors
export {
  AbandonedLockError,
  BlockingNotAllowedError,
  BrokenBarrierError,
  BrokenExecutorError,
  CancelledError,
  DeadlockError,
  HeddleError,
  InvalidStateError,
  NotShareableError,
  QueueEmptyError,
  QueueFullError,
  QueueShutDownError,
  SharedMemoryExhaustedError,
  ThreadDiedError,
  ThreadStateError,
  TimeoutError,
} from './errors.ts';
export { registerErrorClass } from './codec/errors.ts';
