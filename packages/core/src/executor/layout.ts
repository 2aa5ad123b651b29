/** The words of futures and pools in shared memory, beyond what every object has (`OBJECT` in `memory/layout.ts`). */

/**
 * A future, which is also the task that it is the future of: 256 bytes. Many are made and soon returned, so what a small task needs is all in it.
 *
 * ```
 *  0 ┌ state · guard · line of those who wait │ pool · watcher …
 * 16 ├ place in the pool's line of tasks (a wait node's links)      │ what to run and how
 * 32 ├ payload: the arguments, and then the outcome, up to 128 bytes; longer ones have a block of their own
 * 64 └
 * ```
 */
export const FUTURE = {
  /** The pool, with a reference. Written once; 0 in a future that was settled before it travelled, and in one that is settled by hand. */
  pool: 12,
  /** Link of AGENT.completed; of a future that no pool has: of AGENT.runs. */
  completedNext: 13,
  /** The agent that submitted it and is told when it has settled. Written once. */
  watcher: 14,
  /** Where that agent finds its handle. */
  ticket: 15,
  /** A wait node of which only `next`, `previous` and `line` (2, 3, 5) are used, so that the functions of `parking/line.ts` work. Guarded by the pool's guard. */
  node: 16,
  /** Of a future that no pool has: the phase that whoever has brought it to `judging` will publish. Written before the verdict. */
  sentence: 17,
  /** Message with the outcome of a task that was settled from outside while it ran, when the payload may be in its worker's hands; 0 for none. */
  verdict: 20,
  /** The agent that has brought it to `judging`, or is about to. Guarded by the pool's guard. */
  judge: 22,
  /** Message with the context that the task runs in; 0 for none, and once taken. */
  context: 23,
  /** Message that says what to call. */
  target: 24,
  /** FUTURE_FLAG below. */
  flags: 25,
  /** Bytes of the payload; 0 for none. */
  length: 26,
  /** Block of a payload that is too long for `payload`; 0 for none. */
  block: 27,
  /** A double. */
  priority: 28,
  /** Milliseconds from the task's start, 0 for none. */
  timeout: 30,
  /** The agent that runs it, to be woken when cancelling is asked for; 0 before. Guarded by the pool's guard, without one by its own. */
  runner: 31,
  payload: 32,
  bytes: 256,
} as const;

export const INLINE_BYTES = 128;

export const FUTURE_FLAG = {
  /** The target message belongs to this task alone. */
  ownsTarget: 1,
  /** The arguments are a list of lists: the task is called with each. */
  chunk: 2,
} as const;

/**
 * The low bits of OBJECT.state of a future:
 * ```
 *             a worker takes it           it returned or threw        published
 *   pending ────────────────────▶ running ────────────────────▶ settling ───────▶ returned │ threw │ cancelled
 *      │                             ├─ its worker died ──────────▲                     ▲
 *      │                             └─ its time is up, it was aborted ─▶ judging ──────┤
 *      └─ cancelled, pool broken ───────────────────────────────────────▶ judging ──────┘
 * ```
 * Who brings it to `settling` (the worker or its obituary) or `judging` (anybody else) has it alone, writes the outcome and publishes it. Each leaves a crumb
 * before that and wipes it when the outcome is published: the worker THREAD.task, the others AGENT.settling; so whoever buries them can finish what they
 * began (`obituary.ts`). Leaving `pending` happens under the pool's guard, together with leaving the line of tasks: pending means in line.
 */
export const PHASE = {
  pending: 0,
  running: 1,
  settling: 2,
  judging: 3,
  returned: 4,
  threw: 5,
  cancelled: 6,
} as const;
export const PHASE_MASK = 7;
/** FUTURE.verdict of a task that was settled from outside without an error. */
export const WITHOUT_WORDS = -1;
/** Somebody stands in the future's line. Set under its guard, cleared by publishing. */
export const WAITERS = 8;
/** The running task was asked to stop. */
export const CANCEL = 16;

/** A pool: 256 bytes. Guarded by OBJECT.guard unless said otherwise. */
export const POOL = {
  /** POOL_FLAG below. */
  flags: 0,
  guard: 1,
  /** Line of workers that have nothing to do. */
  idle: 2,
  /** Tasks in line; what `maxPending` limits. As every count here, it can be counted anew after a death under the guard (`repairPool`). */
  pending: 12,
  /** 0 is unlimited. Written once. */
  maxPending: 13,
  /** Line of tasks, by priority and then first come, first served. */
  tasks: 14,
  /** Line of those who wait until there is room for a task. */
  room: 16,
  /** Line of those who wait until it is shut down and all workers have left. */
  end: 18,
  /** Workers that have a slot, those included that are still starting. */
  workers: 20,
  /** Workers that haven't looked for their first task. */
  starting: 21,
  /** Slot of the idle worker that watches `pending` instead of sleeping; 0 for none. */
  spinner: 22,
  maxWorkers: 23,
  minWorkers: 24,
  /** Milliseconds; -1 for ever. */
  idleTimeout: 25,
  /** 0 is unlimited. */
  maxTasks: 26,
  /** Message [target, arguments]; 0 for none. */
  initializer: 27,
  /** Message with the error that broke it. Written before the flag. */
  failure: 28,
  /** Block of `maxWorkers` slots. */
  slots: 29,
  /** How many workers it has ever had. */
  hired: 30,
  /** How many of them died. */
  died: 31,
  /** Block with the names' prefix. */
  prefix: 32,
  /** Link of REGISTRY.pools, guarded by the registry's guard. */
  next: 33,
  /** Workers that have a task, until they look for the next. */
  busy: 34,
  /** 1 while it holds the program open: from the first task until nothing is in line and a worker goes to sleep or leaves. Guarded by the registry's guard, too. */
  holds: 35,
  // — atomic, without the guard —
  completed: 49,
  failed: 50,
  cancelled: 51,
  bytes: 256,
} as const;

export const POOL_FLAG = {
  shutDown: 1,
  /** No worker can be made ready. */
  broken: 2,
} as const;

/** One worker of a pool. Guarded by the pool's guard. */
export const SLOT = {
  /** The thread's record; 0 when free. */
  record: 0,
  /** The task that runs here with a time limit; 0 for none. */
  timed: 1,
  /** When its time is up: milliseconds of the runtime's clock. */
  deadline: 2,
  /** 1 once the worker has looked for its first task. */
  ready: 3,
  /** 1 while the worker has a task. */
  busy: 4,
  /** The agent that started it; 0 once the thread has come up. Should that agent die before, the slot is freed. */
  hirer: 5,
  words: 8,
} as const;
