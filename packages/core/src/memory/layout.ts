/**
 * Every constant of the shared-memory layout, in one place; `layout.test.ts` asserts that nothing overlaps.
 * A *pointer* is the index of a 4-byte word in the slab, so that field F of a record at P is simply word P + F.
 *
 * ```
 *  page 0        page 1          pages 2…9        pages 10…
 * ┌────────────┬───────────────┬────────────────┬───────────────────────────────────────┐
 * │ header     │ page table    │ agent table    │ heap: spans of one size class each,   │
 * │            │ 1 word / page │ 2048 × 256 B   │ and runs of whole pages               │
 * └────────────┴───────────────┴────────────────┴───────────────────────────────────────┘
 * ```
 *
 * Words that different threads write often stand on cache lines (16 words) of their own.
 */

export const PAGE_BYTES = 65_536;
export const PAGE_WORDS: number = PAGE_BYTES / 4;
export const PAGE_SHIFT = 14;
export const LINE_WORDS = 16;

/** 1 GiB. Each shared memory reserves its address space anyway; Heddle has exactly one per runtime. */
export const DEFAULT_MAXIMUM_PAGES = 16_384;

export const MAGIC = 0x4844_4c45;
export const LAYOUT_VERSION = 3;

/** Page 0. */
export const HEADER = {
  /** Never 0: a disposed handle points at word 0, and so each of its fast paths fails and meets the check in the slow one. */
  magic: 0,
  version: 1,
  maximumPages: 2,
  /** Random: tells one runtime's slab from another's. */
  runtimeId: 3,
  /** What the platform reserved at creation; `maximumPages` may be set to less. */
  reservedPages: 4,
  // — one line each for what is contended —
  allocatorGuard: 16,
  /** First page that no span or run has ever used. Guarded by allocatorGuard. */
  wilderness: 17,
  /** Where the next search for a run of free pages begins. Guarded by allocatorGuard. */
  rover: 18,
  /** Pages in use, for `memoryUsage()`. Guarded by allocatorGuard. */
  pagesUsed: 19,
  /** Size classes: [first free block, number of free blocks, bump pointer, unused] each. Guarded by allocatorGuard. */
  classes: 32,
  /** Monotonic: an ident is never used twice, so that owner words stay certain. */
  nextIdent: 96,
  /** Next agent slot to try, so that a dead agent's slot is reused as late as possible. */
  agentRover: 112,
  /** How many slots of the agent table were ever used: nobody looks beyond. */
  agentsUsed: 113,
  /** The thread registry, fields in REGISTRY. */
  registry: 128,
  end: 192,
} as const;

/** The rest of page 0: lists of keys by their numbers, see `shapes.ts`. */
export const SHAPES = { first: 1024, words: 32, most: 480 } as const;

export const PAGE_TABLE: number = 1 * PAGE_WORDS;
export const AGENT_TABLE: number = 2 * PAGE_WORDS;
export const AGENT_WORDS = 64;
export const MAXIMUM_AGENTS = 2048;
export const HEAP_PAGE = 10;

/** What a word of the page table says. */
export const PAGE = {
  free: 0,
  /** A span of size class c is SPAN + c. */
  span: 1,
  /** The first page of a run of n pages is RUN + n; the others say `continued`. */
  run: 0x1_0000,
  continued: -1,
} as { readonly free: 0; readonly span: 1; readonly run: number; readonly continued: -1 };

/** Block sizes in bytes; the last is the largest that comes from a span, more is a run of pages. */
export const CLASS_BYTES: readonly number[] = [64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384];
export const CLASS_FIELDS = 4;

/**
 * One JavaScript thread (an *agent*: the main thread, a worker). Written by its agent unless said otherwise.
 *
 * ```
 *  0 ┌ state · generation · wake · ready · nodes · ledger · thread · guards[6]   read and written by many
 * 16 ├ local free lists: [first, count] × classes                              private to the agent
 * 48 ├ the wait node of blocking calls (a blocked thread waits for one thing)
 * 64 └
 * ```
 */
export const AGENT = {
  /** AGENT_STATE below. Taken by the new agent, set to dead by the reaper. */
  state: 0,
  generation: 1,
  /** Bumped and notified by whoever has something for this agent's event loop. */
  wake: 2,
  /** Stack of async wait nodes that were woken. Pushed by any thread, taken whole by the agent. */
  ready: 3,
  /** List (by NODE.agentNext) of the async nodes that this agent ever allocated. */
  nodes: 4,
  /** First block of the list of the references that this agent counts, see `ledger.ts`. */
  ledger: 5,
  /** Pointer to the record of the thread that runs here now. */
  thread: 6,
  /** The guards held now, innermost last: what a death in mid-change left locked. */
  guards: 7,
  /** Record of a thread that an idle worker shall run. Written by the starter that took the worker off the idle stack. */
  mailbox: 13,
  /** Link of the stack of idle workers. Guarded by the registry's guard. */
  idleNext: 14,
  /** 1 while the idle worker watches its mailbox itself: a starter need not wake it. */
  watching: 15,
  freeLists: 16,
  /** 1 for a worker that Heddle didn't start: nobody tells of its death. */
  foreign: 34,
  /** List (FUTURE.completedNext) of the futures that no pool has and that the thread here works on, each with a reference; see `executor/by-hand.ts`. */
  runs: 36,
  /** Record of a thread that this agent is just starting, with the reference that the registry will have: its death is made good. 0 for none. */
  starting: 35,
  /** Bumped by the reaper: look at all your async waiters again. */
  rescan: 37,
  nativeId: 38,
  /** Not 0 while the agent looks at `ready` itself, or is blocked for a moment: nobody need wake its event loop for that. See `lookout.ts`. */
  looking: 39,
  /** Stack (by FUTURE.completedNext) of the futures of this agent's tasks that have settled. Pushed by any thread, taken whole by the agent. */
  completed: 40,
  /** 1 while the agent's event loop keeps turning and looks at `completed` itself: nobody need wake it for that. */
  polling: 41,
  /** List (OBJECT.heldNext) of the locks that guards of this agent hold, 0 when empty, see `owners/held.ts`. */
  held: 42,
  /** A lock that is just being taken or given back by a guard, so that it may not yet, or no longer, stand in that list. */
  holding: 43,
  /** Block with the place in the program where the agent has been blocked for a while, 0 for none. Guarded by the registry's guard. */
  place: 44,
  /** List of records of where each held lock was taken; only while that is traced. Guarded by the registry's guard. */
  traces: 45,
  /** List of records of the locks that guards of this agent share, see `owners/shares.ts`. */
  shares: 46,
  /** The future that this agent is settling from outside (`executor/settle.ts`), with a reference: its death is made good. 0 for none. */
  settling: 47,
  node: 48,
} as const;

/** An object's two and the allocator's; as many again when that one turns out to be a dead thread's, and what that one held is repaired first. */
export const GUARD_DEPTH = 6;

/** A lock's state word names the agent whose guard holds it: the agent's slot plus 1, in 12 bits from this one on; 0 for nobody's guard. */
export const OWNER_SHIFT = 8;
export const OWNER_MASK: number = 0xfff << OWNER_SHIFT;

export const AGENT_STATE = { free: 0, alive: 1, dead: 2 } as const;

/** A waiter: one thread's or one promise's place in a line. 64 bytes, a cache line of its own. */
export const NODE = {
  /** NODE_STATE below. */
  state: 0,
  /** Pointer to the agent that waits. */
  agent: 1,
  next: 2,
  previous: 3,
  /** Pointer to the primitive waited for; 0 when the node isn't in use. */
  primitive: 4,
  /** Pointer to the [first, last] pair of the line in which the node stands, 0 when in none. Guarded by the primitive's guard. */
  line: 5,
  /** 1 when a promise waits (the agent's event loop is woken), 0 when a thread is blocked on `state`. */
  isAsync: 6,
  /** What the waiter wants: permits, bytes. Meaning by primitive. */
  wanted: 7,
  /** What it got: an arrival index, a flag. Meaning by primitive. */
  given: 8,
  /** Link of the agent's stack of woken nodes. */
  readyNext: 9,
  /** Link of the agent's list of all its async nodes. */
  agentNext: 10,
  /** Offset, within the primitive, of the line that was joined last: says what a granted node got when its waiter is dead. */
  joined: 11,
  /** A number that tells this wait from others of the same agent, if it has no deadline; otherwise 0. */
  endless: 12,
  /** When the wait began: milliseconds of the runtime's clock, which starts with 1. Only of blocked threads. */
  since: 13,
  words: 16,
} as const;

/**
 * ```
 *        append            grant                consume
 *  idle ───────▶ waiting ─────────▶ granted ─────────────▶ idle
 *                 │   ▲ │                                   ▲
 *            poke ▼   │ └── leave (timeout, abort, death) ──┤
 *                poked┴─────────────── retry succeeds ──────┘
 * ```
 * idle and waiting are written by the waiter, poked and granted by a waker; all under the primitive's guard but `granted → idle`.
 */
export const NODE_STATE = { idle: 0, waiting: 1, poked: 2, granted: 3 } as const;

/** The first 16 words of every shared object that users hold. The rest is its own. */
export const OBJECT = {
  /** The hot word. Never moves: fast paths and generated code know it as offset 0. */
  state: 0,
  guard: 1,
  /** The line of waiters. */
  first: 2,
  last: 3,
  /** Which class, see `memory/kinds.ts`. */
  kind: 4,
  /** References: one for each thread that has a handle, one for each message that carries it. */
  references: 5,
  /** Block with the encoded name, 0 for none. */
  name: 6,
  /** Of a lock that is abandoned: block with the description of the thread that died, 0 if there is none. */
  abandonedBy: 7,
  /** Ident of the thread that took a lock last. */
  owner: 8,
  depth: 9,
  /** Which guard holds it: meaning by primitive. */
  guardNumber: 10,
  /** Next in the owner's list of held locks, plus 1: 0 when in no list, 1 at the end. */
  heldNext: 11,
  /** First word that belongs to the class. */
  own: 12,
  /** Of an object with two ends: the guard of the other one, on a cache line of its own. Never taken before `guard`, but alone. */
  secondGuard: 32,
} as const;

/** The thread registry: words of page 0 from HEADER.registry on. Guarded by its guard unless said otherwise. */
export const REGISTRY = {
  guard: 128,
  /** Agent of the supervisor; 0 none yet, -1 while it is being started. Set by compare-exchange. */
  supervisor: 129,
  /** Agent of the thread where the program began. Written once. */
  rootAgent: 130,
  /** Record of the main thread. Written once. */
  mainRecord: 131,
  /** List (THREAD.next, .previous) of all threads that are alive. */
  first: 132,
  alive: 133,
  /** Threads that hold the program open. */
  nonDaemon: 134,
  /** Counts names `Thread-N` and `Dummy-N`; atomic, no guard. */
  serial: 135,
  dummySerial: 136,
  /** Threads that were started and have no worker yet, first come first served. */
  pendingFirst: 137,
  pendingLast: 138,
  pending: 139,
  /** Stack of workers that have nothing to do. */
  idleFirst: 140,
  idle: 141,
  /** Workers that the supervisor has started and that haven't taken their first thread. */
  starting: 142,
  /** 1 when the root thread has an exception hook that wants to hear of threads without one. */
  rootHook: 143,
  /** Stack of reports for that hook. */
  reports: 144,
  /** List (POOL.next) of all pools. */
  pools: 145,
  /** How many asked for a thread to be terminated since the supervisor looked last. */
  terminations: 146,
  /** When the supervisor will look at running tasks' deadlines: milliseconds of the runtime's clock, 0 when it doesn't intend to. Atomic, no guard. */
  nextDeadline: 147,
  /** Stack size in KiB of threads started from now on, 0 for the platform's. Atomic, no guard. */
  stackKiB: 148,
  /** How many asked the supervisor to hire for a pool, being unable to do so themselves, since it looked last. Atomic, no guard. */
  hirings: 149,
  /** Taken by a thread that believes it has found a deadlock, so that of two that find the same one only one gives up. */
  deadlockGuard: 150,
  /** WATCH below: what `hold()` does besides. */
  watch: 151,
  /** Which lock was held when which was taken: see `owners/order.ts`. Guarded by the registry's guard. */
  orderEdges: 152,
  /** Bumped when edges were removed: what threads remember of them is out of date. */
  orderEpoch: 153,
  /** Milliseconds after which the supervisor shall dump, 0 for never; and a number that is bumped with each change of it. */
  dumpAfter: 154,
  dumpRequests: 155,
  /** Message [path, time] with the file at whose change the supervisor shall dump, until it has taken it; 0 for none. Atomic. */
  dumpFile: 156,
  end: 157,
} as const;

/** Bits of REGISTRY.watch: costly things that a developer has asked for. */
export const WATCH = { traces: 1, order: 2 } as const;

/** A thread's record: a shared object of 256 bytes. Written by its starter, then by the thread that runs it, then by nobody. */
export const THREAD = {
  ident: 12,
  /** Agent that runs it, or boots to run it; 0 before and after. */
  agent: 13,
  flags: 14,
  /** OUTCOME below. */
  outcome: 15,
  /** Message with the value or the error. */
  outcomeMessage: 16,
  /** Message with the arguments; 0 once taken. */
  argumentsMessage: 17,
  /** Message that says what to call; owned by the record if the flag says so. */
  targetMessage: 18,
  next: 19,
  previous: 20,
  pendingNext: 21,
  nativeId: 22,
  /** Heap limit in MiB of a thread that has a worker of its own, 0 for the platform's. */
  heapMiB: 23,
  /** Only in the main thread's record: the line of those who wait until no non-daemon thread is left. */
  restFirst: 24,
  restLast: 25,
  /** Message with the context that the thread runs in, 0 for none. */
  contextMessage: 26,
  /** Only in a timer's record: its event, and doubles with its milliseconds and with the time of its start. */
  timerFinished: 27,
  timerInterval: 28,
  timerStart: 36,
  /** Stack size in KiB of a thread that has a worker of its own, 0 for the platform's. */
  stackKiB: 30,
  /** The line of those who wait until it runs. */
  startFirst: 31,
  startLast: 32,
  /** The pool that this thread works for, with a reference; 0 for none. Its death is the pool's business (`executor/obituary.ts`). */
  employer: 33,
  /** The future of the task that it runs for that pool, with a reference. Written by the thread, and after its death by the supervisor. */
  task: 34,
  /** Of a thread with a `run()` of its own: message with its fields, from `start()` until it takes them, and again when `run()` has ended; 0 between and for none. */
  fieldsMessage: 35,
  /** Of such a thread: message with the target that its `super.run()` calls; 0 for none. */
  baseMessage: 38,
  nameBytes: 39,
  nameText: 40,
  bytes: 256,
} as const;

export const THREAD_NAME_BYTES = 96;

/**
 * OBJECT.state of a thread's record.
 * ```
 *            start()             a worker takes it          returned, threw or died
 *  initial ───────────▶ pending ────────────────────▶ running ─────────────────────▶ finished
 * ```
 */
export const THREAD_STATE = { initial: 0, pending: 1, running: 2, finished: 3 } as const;

export const THREAD_FLAG = {
  daemon: 1,
  /** Gets a fresh worker that runs nothing else. */
  isolated: 2,
  main: 4,
  /** A worker that somebody else started: nobody can wait for its end. */
  dummy: 8,
  /** terminate() was asked for. */
  terminate: 16,
  /** Stands in the registry's list. */
  listed: 32,
  /** The target message belongs to this record alone. */
  ownsTarget: 64,
  /** Set by the worker when the function has returned: too late to terminate it. */
  ended: 128,
  /** Set by the supervisor that is about to end the worker: it runs nothing after this thread. */
  doomed: 256,
  /** Somebody waits, or waited, until it runs: the worker must look at that line. */
  awaited: 512,
  /** Its target is the `run()` of a class that extends Thread. */
  ownRun: 1024,
} as const;

export const OUTCOME = { none: 0, returned: 1, threw: 2, died: 3 } as const;
