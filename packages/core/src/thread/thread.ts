/**
 * `Thread`: a function running in a worker thread of its own, with Python's life cycle. Workers are recycled beneath it; a thread is not a worker.
 *
 * ```
 *  new Thread ──▶ initial ──start()──▶ pending ──a worker takes it──▶ running ──▶ finished   (never back: start a new Thread)
 *                                      └──────────── alive ──────────────┘      │ result(): value │ error │ ThreadDiedError
 * ```
 *
 * Here is the class. `start.ts` hands a thread to a worker; `worker-main.ts` is the worker; `supervisor-main.ts` starts workers and hears of their death;
 * `outcome.ts` is what is left in the end.
 */
import { hot, i32 } from '../atomics.ts';
import { checkTransfer } from '../codec/transfer.ts';
import { ThreadStateError, TimeoutError } from '../errors.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import type { Kind } from '../memory/kinds.ts';
import { AGENT, OUTCOME, REGISTRY, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { readMessage, takeMessage } from '../memory/message.ts';
import { Existing, SharedObject } from '../memory/shared-object.ts';
import { waitInLine } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { waitBlocking } from '../parking/wait.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import './agent-name.ts';
import { checkedContext } from './context.ts';
import type { ThreadContext } from './context.ts';
import { hearReports } from './except-hook.ts';
import { joinLine, startLine } from './life.ts';
import { readOutcome, returnOrThrow } from './outcome.ts';
import { runOwn } from './own-run-inside.ts';
import { classAt, declareClass, runnerOf } from './own-run.ts';
import type { ThreadClass } from './own-run.ts';
import { recordKind } from './record-kind.ts';
import {
  describeRecord,
  hasFlag,
  isUnowned,
  recordName,
  recordState,
  setFlag,
  setRecordName,
} from './record.ts';
import { wakeSupervisor } from './registry.ts';
import { ensureSupervisor } from './root.ts';
import { handToWorker } from './start.ts';
import { addressOf, assertNotImporting, resolve, resolveNow, targetName, task } from './target.ts';
import type { AnyFunction, Target, TargetAddress } from './target.ts';
import {
  OPTION_NAMES,
  checkThreadOptions,
  checkedArgs,
  checkedHeapMiB,
  isForeign,
  nameText,
  readGiven,
} from './thread-options.ts';
import type { NoTarget, ThreadOptions } from './thread-options.ts';

const { add } = hot;

/** What a thread without a target runs. */
const NOTHING: AnyFunction = task(import.meta, function doNothing() {});

/**
 * A function that runs in parallel to this one. Semantics: Python's `threading.Thread`.
 *
 * @example
 * ```ts
 * const thread = new Thread((a: number, b: number) => a + b, { args: [2, 3], name: 'adder' }).start();
 * thread.join(); // => true
 * thread.result(); // => 5
 * ```
 *
 * Or a class at module level that extends `Thread` and overrides `run()`. Its fields are copied into the thread at `start()` (what is shareable is the same there),
 * and copied back when `run()` has ended: they are here when `join()` or `result()` says that it has. Meanwhile each side has its own, so leave them alone. There the
 * object is made without its constructor; `#private` members it has only here.
 *
 * @example
 * ```ts
 * export class Sum extends Thread {
 *   static {
 *     this.declare(import.meta);
 *   }
 *   total = 0;
 *   readonly numbers: number[];
 *   constructor(numbers: number[]) {
 *     super({ name: 'adder' });
 *     this.numbers = numbers;
 *   }
 *   override run(): void {
 *     for (const n of this.numbers) this.total += n;
 *   }
 * }
 *
 * main(import.meta, async () => {
 *   const sum = new Sum([1, 2, 3]).start();
 *   await sum.joinAsync();
 *   console.log(sum.total); // => 6
 * });
 * ```
 */
export class Thread<F extends AnyFunction = AnyFunction> extends SharedObject {
  /** @internal */
  protected static readonly kind: number = KIND.thread;

  #target: TargetAddress | undefined;
  /** What `run()` calls, if it is at hand. */
  #function: AnyFunction | undefined;
  /** Of a class with a `run()` of its own: what `super.run()` calls. */
  #base: TargetAddress | undefined;
  #args: readonly unknown[] | undefined;
  #context: ThreadContext | undefined;
  #transfer: readonly ArrayBuffer[] | undefined;
  #value: { readonly value: unknown } | undefined;
  /** The fields are as `run()` left them. */
  #isHome = false;

  /**
   * Prepares a thread; nothing runs before `start()`. The target is a task (`task(import.meta, …)`), an export of a module (`{ module, export }`), or
   * a function whose source travels and that can't use variables around it. A class that overrides `run()` needs none; otherwise a thread without
   * a target does nothing.
   *
   * Throws `TypeError` for another target and for a class with its own `run()` that wasn't declared, `NotShareableError` for a function without source,
   * `RangeError` for a bad `maxHeapMiB` and `ThreadStateError` for any in Bun and browsers, where workers have no limit. Never blocks.
   */
  constructor(
    target: Target<F>,
    ...[options]: Parameters<F> extends []
      ? [options?: ThreadOptions<Parameters<F>>]
      : [options: ThreadOptions<Parameters<F>> & { args: Parameters<F> }]
  );
  constructor(options?: ThreadOptions & NoTarget);
  constructor(...given: readonly unknown[]) {
    const [source] = given;
    const existing = source instanceof Existing ? source : undefined;
    super(new.target.kind, THREAD.bytes, existing);
    if (existing !== undefined) return;
    const record = this.at;
    if (isForeign(source)) {
      i32[record + THREAD.flags] = source.foreignFlags;
      return;
    }
    const runsOwn = new.target.prototype.run !== Thread.prototype.run;
    const { target, options } = readGiven(given, runsOwn);
    let name: string;
    try {
      checkThreadOptions(options, 'Thread', OPTION_NAMES);
      this.#target = this.#checkTarget(target, runsOwn ? new.target : undefined);
      this.#args = checkedArgs(options?.args);
      this.#context = checkedContext(options?.context, 'Thread');
      if (options?.transfer !== undefined) checkTransfer(options.transfer, 'Thread: transfer');
      this.#transfer = options?.transfer;
      name = nameText(options?.name, 'Thread: name');
      i32[record + THREAD.heapMiB] = checkedHeapMiB(options?.maxHeapMiB);
    } catch (error) {
      this.dispose();
      throw error;
    }
    setFlag(record, THREAD_FLAG.daemon, options?.daemon ?? currentIsDaemon());
    setFlag(record, THREAD_FLAG.isolated, options?.isolated === true || options?.maxHeapMiB !== undefined);
    setRecordName(record, name || defaultName(target === undefined && !runsOwn ? undefined : this.#target));
  }

  /** Says what a thread shall run, and notes what `run()` calls. */
  #checkTarget(target: unknown, own: ThreadClass | undefined): TargetAddress {
    const called = target === undefined ? undefined : addressOf(target, 'Thread');
    if (typeof target === 'function') this.#function = target as AnyFunction;
    if (own === undefined) return called ?? addressOf(NOTHING, 'Thread');
    if ((own as unknown as { kind: number }).kind !== KIND.thread) {
      throw new TypeError(
        `${own.name}: a class that extends Timer can't override run(), which does the waiting; override it in a class that extends Thread`,
      );
    }
    const runner = runnerOf(own);
    this.#base = called;
    setFlag(this.at, THREAD_FLAG.ownRun, true);
    return addressOf(runner, 'Thread');
  }

  /**
   * Makes a class that overrides `run()` known to threads, which import its module: write `static { this.declare(import.meta); }` into the class, and the
   * class at module level. Each class that overrides `run()` needs it. Throws `TypeError` for what isn't `import.meta`, and if the class doesn't override `run()`.
   */
  protected static declare(meta: ImportMeta): void {
    if (this.prototype.run === Thread.prototype.run) {
      throw new TypeError(
        `${this.name}: declare() is for a class that extends Thread and overrides run(), and this one doesn't override it`,
      );
    }
    if (typeof (meta as Partial<ImportMeta> | undefined)?.url !== 'string') {
      throw new TypeError(
        `Thread.declare: the argument must be import.meta of the module that declares the class, got ${String(meta)} (${typeof meta})`,
      );
    }
    declareClass(meta, this, args => runOwn(this, args));
  }

  /**
   * What the thread does: calls the target. Not to be called, but overridden, by a class that extends `Thread`; `super.run()` calls the target there.
   * Called elsewhere it runs in the thread that calls it.
   */
  run(...args: Parameters<F>): ReturnType<F> {
    const address = this.#base ?? this.#target;
    const found = this.#function ?? (address === undefined ? undefined : resolveNow(address));
    if (found !== undefined) return found(...args) as ReturnType<F>;
    if (address === undefined || hasFlag(this.live(), THREAD_FLAG.ownRun)) return undefined as ReturnType<F>;
    return resolve(address).then(fn => fn(...args)) as ReturnType<F>;
  }

  /**
   * Starts it: `ident` is set and `alive` is true when this returns, and it runs as soon as a worker is free or has come up. Works from any thread, and
   * while the main thread is blocked. Never blocks. Returns the thread itself.
   *
   * Throws `ThreadStateError` the second time ("threads can only be started once") and at the top level of a module that is being imported for a task;
   * `NotShareableError` with the path to an argument that can't travel, and then the thread isn't started.
   */
  start(): this {
    const record = this.live();
    if (recordState(record) !== THREAD_STATE.initial)
      throw new ThreadStateError(`${describeRecord(record)}: threads can only be started once`);
    if (this.#target === undefined) {
      throw new ThreadStateError(
        `${describeRecord(record)}: only the thread that created it can start it; pass it on when it is started`,
      );
    }
    assertNotImporting('Thread.start()');
    ensureSupervisor();
    handToWorker(record, {
      target: this.#target,
      args: this.#args!,
      context: this.#context,
      transfer: this.#transfer,
      own: hasFlag(record, THREAD_FLAG.ownRun) ? this : undefined,
      base: this.#base,
    });
    this.#args = undefined;
    this.#transfer = undefined;
    return this;
  }

  /** In the thread itself: makes this handle what it was where it was started. Returns a promise if the target of `super.run()` has to be imported. @internal */
  embody(): Promise<unknown> | undefined {
    const record = this.live();
    const fields = i32[record + THREAD.fieldsMessage]!;
    i32[record + THREAD.fieldsMessage] = 0;
    if (fields !== 0) Object.assign(this, takeMessage(fields));
    this.#isHome = true;
    const base = i32[record + THREAD.baseMessage]!;
    if (base === 0) return undefined;
    const address = readMessage(base) as TargetAddress;
    this.#base = address;
    return resolveNow(address) === undefined ? resolve(address) : undefined;
  }

  /** Where the thread has ended: takes the fields over as its `run()` left them. */
  #comeHome(record: number): void {
    if (this.#isHome || !hasFlag(record, THREAD_FLAG.ownRun)) return;
    this.#isHome = true;
    const message = i32[record + THREAD.fieldsMessage]!;
    // One that never ran has left the fields as they were.
    if (message !== 0 && i32[record + THREAD.outcome] !== OUTCOME.died)
      Object.assign(this, readMessage(message));
  }

  /**
   * Blocks until the thread has finished, however it ended; returns true, or false when `timeout` milliseconds passed first. Never throws the thread's
   * error: `result()` does. In the root thread, the exception hook has been called with that error by then. May be called many times.
   *
   * Throws `ThreadStateError` before `start()`, for the current thread, and for a thread that Heddle didn't start; `RangeError` for a bad
   * timeout; `BlockingNotAllowedError` in a browser window.
   */
  join(options?: WaitOptions): boolean {
    const record = this.#joinable();
    const deadline = deadlineIn(options, 'Thread.join');
    const ended = recordState(record) === THREAD_STATE.finished || waitBlocking(record, joinLine, deadline);
    if (ended) {
      hearReports();
      this.#comeHome(record);
    }
    return ended;
  }

  /** As `join`, without blocking; rejects with `signal.reason` when aborted. Holds the event loop meanwhile. */
  async joinAsync(options?: AsyncWaitOptions): Promise<boolean> {
    const record = this.#joinable();
    const deadline = deadlineIn(options, 'Thread.joinAsync');
    options?.signal?.throwIfAborted();
    const ended =
      recordState(record) === THREAD_STATE.finished ||
      (await waitInLine(this, record, joinLine, deadline, options?.signal));
    if (ended) {
      hearReports();
      this.#comeHome(record);
    }
    return ended;
  }

  #joinable(): number {
    const record = this.live();
    if (recordState(record) === THREAD_STATE.initial)
      throw new ThreadStateError(`${describeRecord(record)}: cannot join thread before it is started`);
    if (record === i32[selfAgent + AGENT.thread])
      throw new ThreadStateError(`${describeRecord(record)}: cannot join current thread`);
    if (isUnowned(record)) {
      throw new ThreadStateError(
        `${describeRecord(record)}: cannot join a thread that Heddle didn't start: its end can't be seen`,
      );
    }
    return record;
  }

  /**
   * Blocks until the thread has finished and returns what its function returned (or resolved to). Throws what the function threw, with class, message,
   * stack and cause; `ThreadDiedError` if it ended otherwise; `TimeoutError` after `timeout` milliseconds; and what `join` throws.
   */
  result(options?: WaitOptions): Awaited<ReturnType<this['run']>> {
    if (!this.join(options)) throw this.#notFinished(options);
    return this.#outcome();
  }

  /** As `result`, without blocking. */
  async resultAsync(options?: AsyncWaitOptions): Promise<Awaited<ReturnType<this['run']>>> {
    if (!(await this.joinAsync(options))) throw this.#notFinished(options);
    return this.#outcome();
  }

  #notFinished(options: WaitOptions | undefined): TimeoutError {
    return new TimeoutError(`${describeRecord(this.live())}: not finished within ${options?.timeout} ms`);
  }

  #outcome(): Awaited<ReturnType<this['run']>> {
    const record = this.live();
    this.#value ??= { value: readOutcome(record) };
    return returnOrThrow(record, this.#value.value) as Awaited<ReturnType<this['run']>>;
  }

  /**
   * Ends the thread by force, as the last resort: no `finally` runs, plain locks that it acquired stay acquired, and some engines can't end some loops. Set an
   * `Event` that the thread looks at instead, if you can. A thread that has no worker yet never runs. Returns at once; `join()` waits for the end.
   * Returns false if it has finished already.
   */
  terminate(): boolean {
    const record = this.live();
    if (isUnowned(record) || recordState(record) === THREAD_STATE.initial) {
      throw new ThreadStateError(
        `${describeRecord(record)}: only a thread that was started can be terminated`,
      );
    }
    if (recordState(record) === THREAD_STATE.finished) return false;
    setFlag(record, THREAD_FLAG.terminate, true);
    add(REGISTRY.terminations, 1);
    wakeSupervisor();
    return true;
  }

  /** The name; may be changed at any time, from any thread (cut to 96 bytes of UTF-8). Default: `Thread-N (function)`. */
  override get name(): string {
    return recordName(this.live());
  }

  override set name(name: string) {
    setRecordName(this.live(), nameText(name, 'Thread: name'));
  }

  /** A number that no other thread of this runtime has or will have; `undefined` before `start()`. */
  get ident(): number | undefined {
    return i32[this.live() + THREAD.ident]! || undefined;
  }

  /** The operating system's id of the thread, as `ps -L` and debuggers show it; `undefined` before it runs and where it can't be had. */
  get nativeId(): number | undefined {
    return i32[this.live() + THREAD.nativeId]! || undefined;
  }

  /**
   * Resolves when it runs: a started thread waits for a worker first, which takes 15 to 60 ms when none is idle. Resolves as well when it has ended
   * without ever running. Holds the event loop meanwhile. Throws `ThreadStateError` before `start()`.
   */
  get started(): Promise<void> {
    const record = this.live();
    const state = recordState(record);
    if (state === THREAD_STATE.initial)
      throw new ThreadStateError(`${describeRecord(record)}: start() it before waiting until it has started`);
    if (state !== THREAD_STATE.pending) return Promise.resolve();
    return waitInLine(this, record, startLine, Infinity, undefined).then(() => {});
  }

  /** Whether it was started and has not finished (snapshot). */
  get alive(): boolean {
    const record = this.live();
    const state = recordState(record);
    // Who polls this reads the fields next.
    if (state === THREAD_STATE.finished) this.#comeHome(record);
    return state === THREAD_STATE.pending || state === THREAD_STATE.running;
  }

  /** Whether the program may end while it runs. Setting it throws `ThreadStateError` once it was started. */
  get daemon(): boolean {
    return hasFlag(this.live(), THREAD_FLAG.daemon);
  }

  set daemon(daemon: boolean) {
    const record = this.live();
    if (recordState(record) !== THREAD_STATE.initial) {
      throw new ThreadStateError(`${describeRecord(record)}: cannot set daemon status of active thread`);
    }
    setFlag(record, THREAD_FLAG.daemon, daemon);
  }

  /** For logs: `<Thread name started 3>`, with the name of the thread's class. */
  override toString(): string {
    if (this.disposed) return super.toString();
    const record = this.live();
    const words = ['initial', 'started', 'started', 'stopped'][recordState(record)];
    return `<${this.constructor.name} ${recordName(record)} ${words}${this.daemon ? ' daemon' : ''}${this.ident === undefined ? '' : ` ${this.ident}`}>`;
  }
}

let toDummy: (thread: Thread) => Thread = thread => thread;

/** Set by `dummy-thread.ts`, whose class extends `Thread` and so is made later. */
export function setDummy(action: (thread: Thread) => Thread): void {
  toDummy = action;
}

/** What a thread is here that Heddle didn't start: of its own class. */
export function asDummy(thread: Thread): Thread {
  return toDummy(thread);
}

/** The handle of a thread that was started elsewhere: of its class, if that is known here. */
function reviveThread(record: number): Thread {
  const thread = new Thread(new Existing(record) as unknown as () => unknown);
  if (hasFlag(record, THREAD_FLAG.dummy)) return asDummy(thread);
  if (!hasFlag(record, THREAD_FLAG.ownRun) || i32[record + THREAD.targetMessage] === 0) return thread;
  const own = classAt(readMessage(i32[record + THREAD.targetMessage]!) as TargetAddress);
  return own === undefined ? thread : (Object.setPrototypeOf(thread, own.prototype as object) as Thread);
}

/** The name of a thread that was given none. */
export function defaultName(target: TargetAddress | undefined): string {
  const name = target === undefined ? '' : targetName(target);
  return `Thread-${add(REGISTRY.serial, 1) + 1}${name === '' ? '' : ` (${name})`}`;
}

function currentIsDaemon(): boolean {
  const record = i32[selfAgent + AGENT.thread]!;
  return record !== 0 && hasFlag(record, THREAD_FLAG.daemon) && !hasFlag(record, THREAD_FLAG.dummy);
}

export const threadKind: Kind = { ...recordKind, revive: reviveThread };

registerKind(KIND.thread, threadKind);
