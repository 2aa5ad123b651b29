/**
 * The base of every handle: a small JavaScript object that names a block of shared memory. In each thread there is at most one
 * handle for a block (`===` works), it counts as one reference, and the block is freed when the last reference goes.
 *
 * References (word OBJECT.references):
 * ```
 *  new X()                 1, for this thread's handle
 *  encode into a message  +1, held by the bytes            (retain)
 *  decode in a thread      0, the message's becomes the handle's, or −1 if the thread has a handle already   (revive)
 *  message dropped        −1                               (release)
 *  dispose(), collected   −1                               (the ledger's word says that this thread still owes it)
 *  thread died            −1 for each word in its ledger   (reaper)
 * ```
 * Whoever brings it to 0 frees: nobody else can get a reference any more, since getting one needs one.
 */
import { add, i32 } from '../atomics.ts';
import { setShareableHooks, shareableAddress } from '../codec/shareable.ts';
import { SharedMemoryExhaustedError, ThreadStateError } from '../errors.ts';
import { selfAgent } from '../parking/guard.ts';
import './agent.ts';
import { allocateZeroed, blockBytes, free } from './allocator.ts';
import { checkNames, checkOptions } from './check-options.ts';
import {
  garbageIsDue,
  keep,
  letGo,
  lookForGarbage,
  lookForMemory,
  setSweep,
  waitForMore,
} from './garbage.ts';
import { kindOf } from './kinds.ts';
import { AGENT, OBJECT } from './layout.ts';
import { enter, strike } from './ledger.ts';
import { readName, writeName } from './name.ts';
import './shapes.ts';
import { ensureMapped } from './slab.ts';

/** Passed to a constructor in place of its options: make a handle for the block that is there already. */
export class Existing {
  readonly pointer: number;
  constructor(pointer: number) {
    this.pointer = pointer;
  }
}

/** What this thread owes for one handle. */
interface Debt {
  readonly pointer: number;
  /** In the ledger. */
  readonly word: number;
  readonly bytes: number;
  readonly handle: WeakRef<object>;
}

/** By the pointer. */
const handles = new Map<number, Debt>();

const collected = new FinalizationRegistry<Debt>(debt => {
  hasGone(debt);
  // By the engine's own decision, or by that of `garbage.ts`, on an event loop.
  waitForMore();
});

function hasGone(debt: Debt): void {
  handles.delete(debt.pointer);
  payOrPostpone(debt);
}

setSweep(() => {
  let gone = 0;
  for (const debt of handles.values()) {
    if (debt.handle.deref() !== undefined) continue;
    collected.unregister(debt);
    hasGone(debt);
    gone += 1;
  }
  return gone;
});

function pay(debt: Debt): void {
  letGo(debt.bytes);
  strike(debt.word);
  release(debt.pointer);
}

/** Makes an object this thread's one handle for a block, whose reference it takes over: counted here, and given back when it is collected. */
export function makeHandle(object: object, pointer: number): object {
  // It has gone, or it would have been found; and the block stays, since the new handle has a reference.
  const former = handles.get(pointer);
  if (former !== undefined) {
    collected.unregister(former);
    payOrPostpone(former);
  }
  const bytes = blockBytes(pointer);
  const debt: Debt = { pointer, word: enter(pointer), bytes, handle: new WeakRef(object) };
  handles.set(pointer, debt);
  collected.register(object, debt, debt);
  keep(bytes);
  return debt;
}

/** Says whether a promise of this thread waits for the object: set by the parking layer, which knows them. */
let isAwaited: (pointer: number) => boolean = () => false;
/** What `dispose()` gave up while a promise still waited for it or a guard held it: paid when the last of these has settled. */
let postponed: Debt[] = [];

export function setIsAwaited(action: (pointer: number) => boolean): void {
  isAwaited = action;
}

/** Whether this thread has to do with the object for some time yet: a promise of its own waits for it, or a guard of its own holds it. */
function isNeeded(pointer: number): boolean {
  for (let lock = i32[selfAgent + AGENT.held]!; lock > 0; lock = i32[lock + OBJECT.heldNext]! - 1) {
    if (lock === pointer) return true;
  }
  for (let record = i32[selfAgent + AGENT.shares]!; record !== 0; record = i32[record]!) {
    if (i32[record + 1] === pointer) return true;
  }
  return isAwaited(pointer);
}

function payOrPostpone(debt: Debt): void {
  if (isNeeded(debt.pointer)) postponed.push(debt);
  else pay(debt);
}

/** A promise has settled, or a guard was released: pays what was postponed for its sake. */
export function payPostponed(): void {
  if (postponed.length === 0) return;
  const due = postponed.filter(debt => !isNeeded(debt.pointer));
  postponed = postponed.filter(debt => isNeeded(debt.pointer));
  for (const debt of due) pay(debt);
}

/** A block for a new object. What nobody has any more is looked for when that is due, and before there is said to be no memory. */
function allocateObject(bytes: number): number {
  if (garbageIsDue) lookForGarbage();
  try {
    return allocateZeroed(bytes);
  } catch (error) {
    if (!(error instanceof SharedMemoryExhaustedError) || !lookForMemory(bytes)) throw error;
    return allocateZeroed(bytes);
  }
}

/** Node's `util.inspect`. */
type Inspect = (value: unknown, options: object) => string;

/** Options that every primitive takes. */
export interface NameOptions {
  /** Shown in errors, dumps and deadlock reports. */
  name?: string | undefined;
}

const OPTIONS = "{ name: 'mine' }";

/**
 * What an engine stumbles on that is asked to clone a handle, and then quotes: a clone would be a dead object without methods. A symbol, since that is
 * what can't be cloned and costs nothing.
 */
export const NOT_CLONEABLE: symbol = Symbol(
  // V8 leaves out the middle of a longer text.
  "a dead copy: send pack(it), or pass it by a Queue or as a thread's argument",
);

/** A handle for a block of shared memory. It travels to other threads in arguments, messages and queues, at any depth. */
export abstract class SharedObject {
  /** What a constructor's options may be called. @internal */
  protected static readonly optionNames: ReadonlySet<string> = new Set(['name']);

  /** Makes cloning fail at the sender, see `NOT_CLONEABLE`. First, so that this is what is quoted. @internal */
  protected readonly notCloneable: symbol = NOT_CLONEABLE;
  /** Where the block is; 0 after `dispose()`. @internal */
  protected at: number;
  #debt: object | undefined;

  /** @internal */
  protected constructor(kind: number, bytes: number, source: NameOptions | Existing | undefined) {
    if (source instanceof Existing) {
      this.at = source.pointer;
    } else {
      if (source !== undefined && source !== null) {
        checkOptions(source, this.constructor.name, OPTIONS);
        checkNames(source, new.target.optionNames, this.constructor.name);
      }
      const name = source?.name;
      if (name !== undefined && typeof name !== 'string') {
        throw new TypeError(
          `${this.constructor.name}: name must be a string, got ${String(name)} (${typeof name})`,
        );
      }
      this.at = allocateObject(bytes);
      i32[this.at + OBJECT.kind] = kind;
      i32[this.at + OBJECT.references] = 1;
      if (name !== undefined) i32[this.at + OBJECT.name] = writeName(name);
    }
    this.#debt = makeHandle(this, this.at);
  }

  /** The name that was given at construction; `''` when there was none. */
  get name(): string {
    return readName(i32[this.live() + OBJECT.name]!);
  }

  /**
   * Gives up this thread's reference at once instead of when the handle is collected; the memory is freed when no other thread and no
   * message refers to it, no promise of this thread waits for it any more and no guard holds it. Using the handle afterwards throws `ThreadStateError`. Doing it
   * twice does nothing. Never blocks.
   */
  dispose(): void {
    const debt = this.#debt as Debt | undefined;
    if (debt === undefined) return;
    this.#debt = undefined;
    this.at = 0;
    collected.unregister(debt);
    hasGone(debt);
  }

  /** For logs: `<Lock "accounts" locked>` (snapshot). Never throws. Source: Python's `repr`. */
  toString(): string {
    if (this.at === 0) return `<${this.constructor.name} disposed>`;
    const { name } = this;
    const summary = this.summary();
    return `<${this.constructor.name}${name === '' ? '' : ` "${name}"`}${summary === '' ? '' : ` ${summary}`}>`;
  }

  /** What `toString` says of the state. What can be locked has `locked`. @internal */
  protected summary(): string {
    const { locked } = this as { locked?: boolean };
    if (locked === undefined) return '';
    return locked ? 'locked' : 'unlocked';
  }

  /** Whether `dispose()` was called. @internal */
  get disposed(): boolean {
    return this.at === 0;
  }

  /** Returns the pointer, or throws if the handle was disposed of. @internal */
  protected live(): number {
    if (this.at === 0) throw new ThreadStateError(`${this.constructor.name}: used after dispose()`);
    return this.at;
  }

  static {
    // By its symbol, so that the codec knows a shareable by something that no user's object has by accident.
    Object.defineProperty(this.prototype, shareableAddress, {
      value(this: SharedObject): number {
        return this.live();
      },
    });
    // What `console.log` shows in Node, Deno and Bun: what it is, and the fields that a subclass has, in place of addresses.
    Object.defineProperty(this.prototype, Symbol.for('nodejs.util.inspect.custom'), {
      value(this: SharedObject, _depth: number, options: object, inspect?: Inspect): string {
        const {
          at: _at,
          discipline: _discipline,
          notCloneable: _notCloneable,
          ...rest
        } = this as unknown as Record<string, unknown>;
        const fields = Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
        if (inspect === undefined || Object.keys(fields).length === 0) return this.toString();
        return `${this.toString()} ${inspect(fields, options)}`;
      },
    });
  }
}

/** Adds a reference on behalf of a message. */
export function retain(pointer: number): void {
  ensureMapped(pointer);
  add(pointer + OBJECT.references, 1);
}

/** Drops a reference (or several) and frees the block if it was the last. */
export function release(pointer: number, count: number = 1): void {
  ensureMapped(pointer);
  if (add(pointer + OBJECT.references, -count) !== count) return;
  kindOf(i32[pointer + OBJECT.kind]!).destroy?.(pointer);
  const name = i32[pointer + OBJECT.name]!;
  if (name !== 0) free(name);
  i32[pointer + OBJECT.kind] = 0;
  free(pointer);
}

let borrows = false;

/** Runs `action`, in which `revive` adds a reference instead of taking the caller's over: for messages that stay and are read again. */
export function borrowing<T>(action: () => T): T {
  const before = borrows;
  borrows = true;
  try {
    return action();
  } finally {
    borrows = before;
  }
}

/** Returns this thread's handle for a block, taking over the reference that the caller holds. */
export function revive(pointer: number): object {
  ensureMapped(pointer);
  if (borrows) add(pointer + OBJECT.references, 1);
  const known = handles.get(pointer)?.handle.deref();
  if (known !== undefined) {
    release(pointer);
    return known;
  }
  return kindOf(i32[pointer + OBJECT.kind]!).revive(pointer);
}

setShareableHooks({ retain, release, revive });
