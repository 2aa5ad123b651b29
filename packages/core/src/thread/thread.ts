/**
 * `Thread`: a function running in a worker thread of its own, with Python's life cycle. Workers are recycled beneath it; a thread is not a worker.
 *
 * ```
 *  new Thread ──▶ initial ──start()──▶ pending ──a worker takes it──▶ running ──▶ finished   (never back: start a new Thread)
 *                                      └──────────── alive ──────────────┘      │ result(): value │ error │ ThreadDiedError
 * ```
 */
import { hot, i32 } from '../atomics.ts';
import { checkTransfer, detach } from '../codec/transfer.ts';
import { ThreadDiedError, ThreadStateError, TimeoutError } from '../errors.ts';
import { ident as currentIdent } from '../memory/agent.ts';
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import type { Kind } from '../memory/kinds.ts';
import { AGENT, OBJECT, OUTCOME, REGISTRY, THREAD, THREAD_FLAG, THREAD_STATE } from '../memory/layout.ts';
import { dropMessage, readMessage, storeMessage, takeMessage } from '../memory/message.ts';
import { Existing, SharedObject, release, retain, revive } from '../memory/shared-object.ts';
import type { NameOptions } from '../memory/shared-object.ts';
import { nextIdent } from '../memory/slab.ts';
import { waitInLine } from '../parking/async.ts';
import { selfAgent } from '../parking/guard.ts';
import { mend } from '../parking/line.ts';
import './agent-name.ts';
import { deadlineIn, waitBlocking } from '../parking/wait.ts';
import { grantAll, wakeAgent } from '../parking/wake.ts';
import { wholeNumber } from '../sync/options.ts';
import type { AsyncWaitOptions, WaitOptions } from '../sync/options.ts';
import { captureContext, checkedContext } from './context.ts';
import type { ThreadContext } from './context.ts';
import { hearReports } from './except-hook.ts';
import { host } from './host.ts';
import { describeRecord, isUnowned, recordName, recordState, setFlag, setRecordName } from './record.ts';
import {
  aliveRecords,
  enlist,
  hasFlag,
  joinLine,
  restLine,
  startLine,
  submit,
  wakeSupervisor,
} from './registry.ts';
import { classAt, declareClass, explainField, explainPrivate, fieldsOf, runnerOf } from './own-run.ts';
import type { ThreadClass } from './own-run.ts';
import { ensureSupervisor } from './root.ts';
import { assignStack } from './stack-size.ts';
import { addressOf, assertNotImporting, resolve, resolveNow, targetName, task } from './target.ts';
import type { AnyFunction, Target, TargetAddress } from './target.ts';

const { add, load } = hot;

/** How a thread is set up. */
export interface ThreadOptions<A extends readonly unknown[] = readonly unknown[]> extends NameOptions {
  /** What the function is called with: any structured-cloneable values (copied) and shareables (the same memory), at any depth. */
  args?: A | undefined;
  /** A daemon doesn't keep the program alive. Inherited from the thread that creates it; false in the main thread. */
  daemon?: boolean | undefined;
  /** Runs in a fresh worker (a new realm with nothing imported) that is used for nothing else. Costs 15–60 ms. */
  isolated?: boolean | undefined;
  /** What the storages named by `shareContext` hold in the thread; default `'inherit'`: what they hold where `start()` is called. */
  context?: ThreadContext | undefined;
  /** ArrayBuffers within `args` that are moved, not copied: they are detached here when `start()` returns. What a thread shall only look into, share as a `SharedBuffer`. */
  transfer?: readonly ArrayBuffer[] | undefined;
  /** Limits the JavaScript heap of the thread, in MiB; implies `isolated`. Best effort: the platform's limit is. */
  maxHeapMiB?: number | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set([
  'args',
  'context',
  'daemon',
  'isolated',
  'maxHeapMiB',
  'name',
  'transfer',
]);

/** What options are not: a function, or a module. */
interface NoTarget {
  readonly call?: never;
  readonly module?: never;
}

/** What a thread without a target runs. */
const NOTHING: AnyFunction = task(import.meta, function doNothing() {});

/** A marker in place of a target: the record of a thread that Heddle didn't start. */
interface Foreign {
  readonly foreignFlags: number;
}

/** Target messages that this thread has stored already: tasks are few and started often. */
const internedTargets = new Map<string, number>();
const INTERNED_LIMIT = 1000;

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
      if (options?.maxHeapMiB !== undefined) {
        const heapMiB = wholeNumber(options.maxHeapMiB, 8, 0x7fff_ffff, 'Thread: maxHeapMiB');
        if (!host.limitsHeap) {
          throw new ThreadStateError(
            `Thread: maxHeapMiB: ${heapMiB} can't be kept to: workers have no heap limit in Bun and in browsers; leave it out there`,
          );
        }
        i32[record + THREAD.heapMiB] = heapMiB;
      }
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
    this.#pack(record);
    assignStack(record);
    i32[record + THREAD.targetMessage] = this.#internTarget(record);
    i32[record + THREAD.ident] = nextIdent();
    this.#args = undefined;
    const idle = submit(record);
    if (idle === 0) wakeSupervisor();
    else if (load(idle + AGENT.watching) === 0) wakeAgent(idle);
    return this;
  }

  /** Stores what goes along, or nothing of it. */
  #pack(record: number): void {
    const stored: Array<[word: number, message: number]> = [];
    try {
      const context = captureContext(this.#context);
      if (context !== 0) stored.push([THREAD.contextMessage, context]);
      if (this.#transfer !== undefined) checkTransfer(this.#transfer, 'Thread: transfer');
      if (this.#args!.length > 0) stored.push([THREAD.argumentsMessage, storeMessage(this.#args, 'args')]);
      if (hasFlag(record, THREAD_FLAG.ownRun)) {
        const fields = storeFields(this, 'to');
        if (fields !== 0) stored.push([THREAD.fieldsMessage, fields]);
        if (this.#base !== undefined) stored.push([THREAD.baseMessage, storeMessage(this.#base, 'target')]);
      }
    } catch (error) {
      for (const [, message] of stored) dropMessage(message);
      throw error;
    }
    for (const [word, message] of stored) i32[record + word] = message;
    if (this.#transfer !== undefined) detach(this.#transfer);
    this.#transfer = undefined;
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

  #internTarget(record: number): number {
    const address = this.#target!;
    const key = address.join('\n');
    const known = internedTargets.get(key);
    if (known !== undefined) return known;
    const message = storeMessage(address, 'target');
    if (internedTargets.size < INTERNED_LIMIT) internedTargets.set(key, message);
    else setFlag(record, THREAD_FLAG.ownsTarget, true);
    return message;
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
    const message = i32[record + THREAD.outcomeMessage]!;
    this.#value ??= { value: message === 0 ? undefined : readMessage(message) };
    const { value } = this.#value;
    const outcome = i32[record + THREAD.outcome];
    if (outcome === OUTCOME.returned) return value as Awaited<ReturnType<this['run']>>;
    if (outcome === OUTCOME.threw) throw joinedToCaller(value, describeRecord(record));
    const { reason, error } = value as { reason: string; error?: unknown };
    throw new ThreadDiedError(
      `${describeRecord(record)}: ${reason}`,
      error === undefined ? {} : { cause: error },
    );
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

/** What the constructor was given: a target and options, or options alone. */
function readGiven(
  given: readonly unknown[],
  runsOwn: boolean,
): { target: unknown; options: ThreadOptions | undefined } {
  const [first, second] = given as [unknown, ThreadOptions | undefined];
  if (given.length === 0 || areOptions(first))
    return { target: undefined, options: first as ThreadOptions | undefined };
  if (first === undefined && runsOwn) return { target: undefined, options: second };
  if (first === undefined) {
    throw new TypeError(
      'Thread: target must be a task, { module, export } or a function, got undefined (undefined); for a thread that does nothing write new Thread()',
    );
  }
  return { target: first, options: second };
}

/** Checks what a thread is set up with; the usual mistake is Python's way of writing, with the arguments alone. */
export function checkThreadOptions(options: unknown, place: string, known: ReadonlySet<string>): void {
  if (options === undefined || options === null) return;
  checkOptions(options, place, '{ args: [1, 2] }');
  checkNames(options, known, place);
}

function areOptions(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && Object.keys(value).every(each => OPTION_NAMES.has(each))
  );
}

/** Stores the fields of a thread whose class has a `run()` of its own; 0 for none. */
function storeFields(thread: object, going: 'to' | 'from'): number {
  const fields = fieldsOf(thread);
  if (Object.keys(fields).length === 0) return 0;
  try {
    return storeMessage(fields, 'this');
  } catch (error) {
    throw explainField(error, going);
  }
}

/** In the thread: runs the object that this thread is, whose class has a `run()` of its own. */
function runOwn(own: ThreadClass, args: unknown[]): unknown {
  const record = i32[selfAgent + AGENT.thread]!;
  retain(record);
  const thread = revive(record) as Thread;
  // This worker may have known the thread before it knew the class.
  if (!(thread instanceof own)) Object.setPrototypeOf(thread, own.prototype as object);
  const prepared = thread.embody();
  if (prepared !== undefined) return runOwnAsync(thread, args, prepared);
  let value: unknown;
  try {
    value = thread.run(...args);
  } catch (error) {
    throw leaveWith(thread, error);
  }
  if (isThenable(value)) return runOwnAsync(thread, args, undefined, value);
  leaveFields(thread);
  return value;
}

async function runOwnAsync(
  thread: Thread,
  args: unknown[],
  prepared: Promise<unknown> | undefined,
  began?: PromiseLike<unknown>,
): Promise<unknown> {
  let value: unknown;
  try {
    await prepared;
    value = await (began ?? thread.run(...args));
  } catch (error) {
    throw leaveWith(thread, error);
  }
  leaveFields(thread);
  return value;
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return (
    typeof value === 'object' && value !== null && typeof (value as { then?: unknown }).then === 'function'
  );
}

function leaveFields(thread: Thread): void {
  i32[pointerOf(thread) + THREAD.fieldsMessage] = storeFields(thread, 'from');
}

/** The error that ended `run()`, with the fields as they were then, if they can travel. */
function leaveWith(thread: Thread, error: unknown): unknown {
  explainPrivate(error);
  try {
    leaveFields(thread);
  } catch {
    // The error that came first says more.
  }
  return error;
}

/** The handle of a thread that was started elsewhere: of its class, if that is known here. */
function reviveThread(record: number): Thread {
  const thread = new Thread(new Existing(record) as unknown as () => unknown);
  if (hasFlag(record, THREAD_FLAG.dummy)) return asDummy(thread);
  if (!hasFlag(record, THREAD_FLAG.ownRun) || i32[record + THREAD.targetMessage] === 0) return thread;
  const own = classAt(readMessage(i32[record + THREAD.targetMessage]!) as TargetAddress);
  return own === undefined ? thread : (Object.setPrototypeOf(thread, own.prototype as object) as Thread);
}

function isForeign(target: unknown): target is Foreign {
  return typeof target === 'object' && target !== null && 'foreignFlags' in target;
}

function checkedArgs(args: unknown): readonly unknown[] {
  if (args === undefined) return [];
  if (!Array.isArray(args))
    throw new TypeError(`Thread: args must be an array, got ${String(args)} (${typeof args})`);
  return args as readonly unknown[];
}

/** A name as it is given, `''` for none. As in Python a number is one, too. Throws `TypeError` for what has no text of its own. */
export function nameText(name: unknown, place: string): string {
  if (typeof name === 'string') return name;
  if (name === undefined || name === null || name === 0 || name === false) return '';
  if (typeof name === 'number' || typeof name === 'bigint') return String(name);
  throw new TypeError(`${place} must be a string, got ${String(name)} (${typeof name})`);
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

/** Adds to a thread's error where its result was asked for. */
function joinedToCaller(error: unknown, thread: string): unknown {
  if (error instanceof Error && typeof error.stack === 'string' && !error.stack.includes('--- result of ')) {
    const caller = new Error().stack?.split('\n').slice(3).join('\n') ?? '';
    const stack = `${error.stack}\n    --- result of ${thread} asked for ---\n${caller}`;
    Object.defineProperty(error, 'stack', {
      value: stack,
      writable: true,
      configurable: true,
      enumerable: false,
    });
  }
  return error;
}

/** What a thread is here that Heddle didn't start. Of its class, which extends `Thread` and so is made later. */
let asDummy: (thread: Thread) => Thread = thread => thread;

export function setDummy(action: (thread: Thread) => Thread): void {
  asDummy = action;
}

function foreignThread(name: string, flags: number): Thread {
  const thread = new Thread({ foreignFlags: flags } as unknown as () => unknown);
  if ((flags & THREAD_FLAG.dummy) !== 0) asDummy(thread);
  const record = pointerOf(thread);
  setRecordName(record, name);
  i32[record + THREAD.ident] = currentIdent;
  i32[record + THREAD.nativeId] = i32[selfAgent + AGENT.nativeId]!;
  i32[record + THREAD.agent] = selfAgent;
  i32[record + OBJECT.state] = THREAD_STATE.running;
  return thread;
}

function pointerOf(thread: Thread): number {
  return (thread as unknown as { at: number }).at;
}

/** The main thread's and foreign threads' handles must not be collected while the thread runs. */
let ownHandle: Thread | undefined;

/** Makes the main thread known, once, from the thread where the program began. */
export function registerMain(): void {
  ownHandle = foreignThread('MainThread', THREAD_FLAG.main);
  const record = pointerOf(ownHandle);
  i32[REGISTRY.mainRecord] = record;
  i32[selfAgent + AGENT.thread] = record;
  enlist(record);
}

/** Returns the thread that calls this. In a worker that Heddle didn't start it is a `DummyThread`, which can't be joined. Source: Python. */
export function currentThread(): Thread {
  ensureRegistered();
  const record = i32[selfAgent + AGENT.thread]!;
  retain(record);
  return revive(record) as Thread;
}

/** Returns the thread where the program began; from anywhere. */
export function mainThread(): Thread {
  ensureRegistered();
  const record = load(REGISTRY.mainRecord);
  retain(record);
  return revive(record) as Thread;
}

/** Returns all threads that are alive: the main thread, daemons, dummies, and those that were started but don't run yet (snapshot, in no order). */
export function enumerate(): Thread[] {
  ensureRegistered();
  return aliveRecords().map(record => revive(record) as Thread);
}

/** Returns `enumerate().length` (snapshot). */
export function activeCount(): number {
  ensureRegistered();
  return load(REGISTRY.alive);
}

/** Returns the current thread's `ident`. */
export function getIdent(): number {
  ensureRegistered();
  return currentIdent;
}

/** Returns the operating system's id of the current thread, as `ps -L` shows it; `undefined` where there is none to be had. Source: Python's `get_native_id`. */
export function getNativeId(): number | undefined {
  ensureRegistered();
  return i32[selfAgent + AGENT.nativeId]! || undefined;
}

let registered = false;

function ensureRegistered(): void {
  if (registered) return;
  ensureSupervisor(false);
  if (i32[selfAgent + AGENT.thread] === 0) {
    ownHandle = foreignThread(
      `Dummy-${add(REGISTRY.dummySerial, 1) + 1}`,
      THREAD_FLAG.dummy | THREAD_FLAG.daemon,
    );
    i32[selfAgent + AGENT.thread] = pointerOf(ownHandle);
    enlist(pointerOf(ownHandle));
  }
  registered = true;
}

/** What a thread's record is to the layers below; a timer's is the same and more. */
export const threadKind: Kind = {
  revive: reviveThread,
  lines: [joinLine, startLine, restLine],
  repair(record) {
    mend(record + OBJECT.first);
    mend(record + THREAD.startFirst);
    mend(record + THREAD.restFirst);
    if (recordState(record) === THREAD_STATE.finished) grantAll(record + OBJECT.first);
    if (recordState(record) >= THREAD_STATE.running) grantAll(record + THREAD.startFirst);
  },
  destroy(record) {
    const messages = [
      i32[record + THREAD.outcomeMessage]!,
      i32[record + THREAD.argumentsMessage]!,
      i32[record + THREAD.contextMessage]!,
      i32[record + THREAD.fieldsMessage]!,
      i32[record + THREAD.baseMessage]!,
    ];
    if (hasFlag(record, THREAD_FLAG.ownsTarget)) messages.push(i32[record + THREAD.targetMessage]!);
    for (const message of messages) {
      if (message !== 0) dropMessage(message);
    }
    // Of one that was never started, its hirer having died.
    if (i32[record + THREAD.employer] !== 0) release(i32[record + THREAD.employer]!);
  },
};

registerKind(KIND.thread, threadKind);
