/**
 * The words through which an exploration's threads and its conductor agree on who runs: a small shared memory of the explorer's own,
 * which the code under test never sees. Whoever holds the baton may write anything here; nobody else may write anything.
 *
 * ```
 *    0 ┌ header      the schedule in progress: step, outcome, strategy, random state …
 *   32 ├ points      steps at which PCT lowers a priority, or lets time pass
 *   48 ├ priorities  one for each candidate
 *   96 ├ conductor's gate
 *  128 ├ threads     32 words each: gate, state, what it is about to do
 *      ├ waiters     the list of all who wait on an address, first come first
 *      ├ segments    the prefix of choices that a schedule must follow
 *      └ trace       one row for each step taken
 * ```
 */

/**
 * A thread's index stands in the low bits of a *candidate*; candidate TIMER + t lets time pass until thread t's deadline, and KILL + t, which is never in a set
 * of candidates, ends thread t for good.
 */
export const MAXIMUM_THREADS = 16;
export const TIMER = 16;
export const KILL = 32;

export const HEADER = {
  step: 0,
  /** Steps after which a schedule counts as a livelock. */
  limit: 1,
  /** OUTCOME below. */
  outcome: 2,
  /** The thread that failed. */
  culprit: 3,
  /** 1 while the threads of a schedule that has been cut off unwind. */
  aborting: 4,
  /** STRATEGY below. */
  strategy: 5,
  /** State of the generator that the strategies draw from. */
  random: 6,
  /** Random walk: chances in 256 that the thread that ran last runs on. */
  stickiness: 7,
  threads: 8,
  /** The candidate chosen last, -1 at the beginning. */
  last: 9,
  /** Exhaustive search: candidates whose next step leads nowhere new; -1 once every candidate sleeps. */
  sleep: 10,
  /** Exhaustive search: the step at which `sleep` becomes `branchSleep`. */
  branchAt: 11,
  branchSleep: 12,
  /** The segment being followed, how many of its steps are left, and how many segments there are. */
  segment: 13,
  segmentLeft: 14,
  segments: 15,
  waiters: 16,
  ticket: 17,
  /** Bumped whenever a step changed shared memory: tells a spinning thread from one that gets on. */
  version: 18,
  /** 1 when plain code between two atomic steps is a step of its own. */
  around: 19,
  /** The lowest priority given so far (PCT). */
  lowest: 20,
  /** Threads that haven't ended. */
  alive: 21,
  /** 1 when threads must note source lines. */
  lines: 22,
  /** 1 when the segments asked for a candidate that couldn't run. */
  diverged: 24,
  /** Exhaustive search: preemptions left for what follows the branch. */
  budget: 25,
  /**
   * A thread that took this many steps which changed nothing, while nobody else changed anything, spins: it isn't chosen while others
   * get on.
   */
  spinSteps: 26,
  /** Threads that a fault may kill, one bit each. */
  killable: 27,
  changePoints: 32,
  timePoints: 40,
  killPoints: 44,
  priorities: 48,
  conductorGate: 96,
} as const;

export const CHANGE_POINTS = 8;
export const TIME_POINTS = 4;
export const KILL_POINTS = 3;

export const OUTCOME = {
  running: 0,
  completed: 1,
  /** Nobody can run and no deadline is left. */
  deadlock: 2,
  /** The step bound was reached, or all threads spin on words that nobody will change. */
  livelock: 3,
  /** A thread threw. */
  error: 4,
  /** A thread runs without ever reaching an atomic step. */
  stuck: 5,
  /** A worker ended. */
  died: 6,
} as const;

export const STRATEGY = { random: 0, pct: 1, steady: 2 } as const;

export const THREAD_TABLE = 128;
export const THREAD_WORDS = 32;

export const THREAD = {
  /** 0 closed, 1 open, 2 closed and somebody sleeps on it. On a cache line of its own. */
  gate: 0,
  /** 1 when it has done what the conductor's last message asked for. Outside of what a schedule resets. */
  heard: 8,
  /** STATE below. */
  state: 16,
  /** What it will do when it runs next: OPERATION below, and where. */
  operation: 17,
  buffer: 18,
  offset: 19,
  /** Why a wait ended: WAKE below. */
  wake: 20,
  /** Steps in a row that changed nothing, and the version of memory that they saw. */
  idleSteps: 21,
  idleVersion: 22,
  /** Events that its event loop could deliver now: notified tickets and immediates. */
  ready: 23,
  /** What a blocked thread expects to find in the word it waits on (low 32 bits), and the bytes of that word. */
  expected: 24,
  /** 1 when the thread has posted a result or an error. */
  posted: 25,
  /** KILLED below. */
  killed: 26,
} as const;

/**
 * A thread that a schedule has killed sleeps at its gate until the schedule has been judged. Then it comes out of its code, if nothing that it leaves behind
 * outlives the schedule, or its worker ends.
 */
export const KILLED = { no: 0, yes: 1, retiring: 2 } as const;

/** With which code a worker ends whose thread was killed. */
export const RETIRED_CODE = 113;

/**
 * ```
 *            chosen first        wait                 notified, timed out
 *  home ───▶ ready ───────────────▶ waiting ─────────────▶ ready
 *             │  ▲ │
 *             │  │ └─ returns to its event loop ─▶ looping ─ event or timer ─▶ ready
 *             ▼  └──────────────────────────────────────────────────────────────┘
 *           finished
 * ```
 */
export const STATE = { home: 0, ready: 1, waiting: 2, looping: 3, finished: 4 } as const;

export const WAKE = { none: 0, notified: 1, timedOut: 2 } as const;

/** The kinds of steps. `plain` is code between two atomic operations. */
export const OPERATION = {
  plain: 0,
  load: 1,
  store: 2,
  add: 3,
  sub: 4,
  and: 5,
  or: 6,
  xor: 7,
  exchange: 8,
  compareExchange: 9,
  wait: 10,
  notify: 11,
  waitAsync: 12,
  pause: 13,
  /** Returns from a wait. */
  wake: 14,
  /** The event loop delivers a notification, an immediate, a timer. */
  event: 15,
  /** A fault: the thread is no more. */
  kill: 16,
} as const;

/** What the word of `ThreadInfo.ends` says of a thread. */
export const END = { running: 0, ended: 1, killed: 2 } as const;

export const OPERATION_NAMES: readonly string[] = Object.keys(OPERATION);

export const WAITERS: number = THREAD_TABLE + MAXIMUM_THREADS * THREAD_WORDS;
export const MAXIMUM_WAITERS = 512;
export const WAITER = {
  buffer: 0,
  offset: 1,
  thread: 2,
  /** 0 for a blocked thread; else the number by which the thread knows its `waitAsync`. */
  ticket: 3,
  /** 1 once notified: it stays in the list until its thread's event loop takes it. Only tickets. */
  notified: 4,
  words: 5,
} as const;

export const SEGMENTS: number = WAITERS + MAXIMUM_WAITERS * WAITER.words;
export const SEGMENT = { candidate: 0, count: 1, words: 2 } as const;

export const ROW = {
  candidate: 0,
  /** Candidates that could have been chosen. */
  enabled: 1,
  sleep: 2,
  operation: 3,
  buffer: 4,
  offset: 5,
  a: 6,
  b: 7,
  result: 8,
  /** Size of the element in bytes; negative for unsigned ones. */
  bytes: 9,
  words: 10,
} as const;

export function traceAt(limit: number): number {
  return SEGMENTS + limit * SEGMENT.words;
}

/** Words that an exploration with this step bound needs. */
export function controlWords(limit: number): number {
  return traceAt(limit) + (limit + 1) * ROW.words;
}

/** The doubles beside: virtual time, then each thread's deadline. */
export const TIMES = { now: 0, deadline: 1, count: 17 } as const;

/** What a thread needs to join an exploration. */
export interface Control {
  words: SharedArrayBuffer;
  times: SharedArrayBuffer;
}

export function createControl(limit: number): Control {
  return {
    words: new SharedArrayBuffer(controlWords(limit) * 4),
    times: new SharedArrayBuffer(TIMES.count * 8),
  };
}
