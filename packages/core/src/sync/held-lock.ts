/**
 * Holding a lock by a guard: its owner is named in the state word (`lock-state.ts`) and the lock stands in the owner's list (`owners/held.ts`), so that
 * only the guard gives it back, a circle of waiters is seen, and the death of the owner too.
 *
 * Whoever takes the word writes down what is held before anything else, and takes that away before it gives the word back.
 */
import { hot, i32 } from '../atomics.ts';
import { ThreadStateError } from '../errors.ts';
import { OBJECT } from '../memory/layout.ts';
import { payPostponed } from '../memory/shared-object.ts';
import { beforeTaking, noteTaken } from '../owners/developer.ts';
import { isHeldHere, linkHeld, setHolding, unlinkHeld } from '../owners/held.ts';
import { waitInLine } from '../parking/async.ts';
import { deadlineIn } from '../parking/deadline.ts';
import { selfBits } from '../parking/guard.ts';
import type { Line } from '../parking/standing.ts';
import { waitBlocking } from '../parking/wait.ts';
import { abandonedError, pickUp } from './abandoned-lock.ts';
import { describe, notAcquired } from './describe.ts';
import type { Guard } from './guard.ts';
import { LOCKED, releaseLock, spinForLock, takeLock } from './lock-state.ts';
import type { AsyncWaitOptions, WaitOptions } from './options.ts';

const { compareExchange, load } = hot;

/** Of guards that hold the lock; changes when a guard that isn't released stops holding it, which so can't be taken for a later one. */
const { guardNumber: GENERATION } = OBJECT;

/** Takes the state word in the name of this thread; blocks. On true the caller must write down what is held (`linkHeld`). */
export function holdState(lock: number, line: Line, deadline: number): boolean {
  setHolding(lock);
  return (
    takeLock(lock, selfBits) || spinForLock(lock, selfBits) || waitBlocking(lock, line, deadline, selfBits)
  );
}

/** As `holdState`, without blocking. `taken` writes down what is held at the very moment when it is. */
export function holdStateAsync(
  owner: object,
  lock: number,
  line: Line,
  deadline: number,
  signal: AbortSignal | undefined,
  taken: () => void,
): Promise<boolean> {
  setHolding(lock);
  if (!takeLock(lock, selfBits)) return waitInLine(owner, lock, line, deadline, signal, selfBits, taken);
  taken();
  return Promise.resolve(true);
}

/** What was taken for a guard, and who left it if it was abandoned. */
interface Taken {
  readonly guard: Guard;
  readonly by: string | undefined;
}

/** Makes the guard of a lock that this thread has just taken. */
function takeUp(handle: Held, lock: number): Taken {
  const guard = new HeldLock(handle, lock);
  noteTaken(lock);
  return { guard, by: pickUp(lock) };
}

/** Throws `AbandonedLockError`, which carries the guard, if it was abandoned. */
function orAbandoned(handle: Held, { guard, by }: Taken): Guard {
  if (by !== undefined) throw abandonedError(handle.type, handle, by, guard);
  return guard;
}

/** `hold()` of the locks that this guard is for; `take` waits for the state word in the name of this thread. */
export function holdLock(
  handle: Held,
  lock: number,
  options: WaitOptions | undefined,
  take: (deadline: number) => boolean,
): Guard {
  const deadline = deadlineIn(options, `${handle.type}.hold`);
  beforeTaking(lock, deadline);
  if (!take(deadline)) throw notAcquired(handle.type, handle, options);
  return orAbandoned(handle, takeUp(handle, lock));
}

/** `holdAsync()` of the locks that this guard is for. */
export async function holdLockAsync(
  handle: Held,
  lock: number,
  line: Line,
  options: AsyncWaitOptions | undefined,
): Promise<Guard> {
  const deadline = deadlineIn(options, `${handle.type}.holdAsync`);
  options?.signal?.throwIfAborted();
  let held: Taken | undefined;
  const taken = (): void => {
    held = takeUp(handle, lock);
  };
  if (!(await holdStateAsync(handle, lock, line, deadline, options?.signal, taken)))
    throw notAcquired(handle.type, handle, options);
  return orAbandoned(handle, held!);
}

/** Gives back a lock that this thread holds with a guard. */
export function letGo(lock: number): void {
  unlinkHeld(lock);
  if (compareExchange(lock, LOCKED | selfBits, 0) !== (LOCKED | selfBits)) releaseLock(lock, selfBits);
}

/** The guard of a `Lock`, or of what is made like one. */
export class HeldLock implements Guard {
  /** The handle, so that it isn't collected meanwhile; `undefined` when this guard was released. */
  #lock: Held | undefined;
  readonly #at: number;
  readonly #generation: number;

  /** Writes down that this thread holds the lock, which it has just taken. */
  constructor(lock: Held, at: number) {
    this.#lock = lock;
    this.#at = at;
    this.#generation = i32[at + GENERATION]!;
    linkHeld(at);
  }

  /** Tells the codec to refuse it: in another thread it would release what it doesn't hold. */
  get [Symbol.toStringTag](): string {
    return 'Guard';
  }

  get held(): boolean {
    const at = this.#at;
    return this.#lock !== undefined && isHeldHere(at) && i32[at + GENERATION] === this.#generation;
  }

  release(): void {
    if (!this.#release()) throw notHeldByGuard(this.#lock);
  }

  [Symbol.dispose](): void {
    // Not if it was released, or if a condition's waiter gave it up and couldn't take it back.
    this.#release();
  }

  #release(): boolean {
    if (!this.held) return false;
    const lock = this.#lock!;
    this.#lock = undefined;
    letGo(this.#at);
    if (lock.disposed) payPostponed();
    return true;
  }
}

/** What a guard needs of the handle of its lock. */
interface Held {
  readonly name: string;
  readonly disposed: boolean;
  readonly type: string;
}

function notHeldByGuard(lock: Held | undefined): ThreadStateError {
  return new ThreadStateError(
    lock === undefined
      ? 'guard: released already; a guard releases its lock once'
      : `guard: ${describe(lock.type, lock)} isn't held by it any more`,
  );
}

/** Why `release()` didn't: nobody holds the lock, or a guard does. */
export function notReleased(handle: Held, lock: number): ThreadStateError {
  return new ThreadStateError(
    (load(lock) & LOCKED) === 0
      ? `${describe(handle.type, handle)}: release unlocked lock`
      : `${describe(handle.type, handle)}: a guard holds it, and only the guard releases it; call release() of what hold() returned`,
  );
}
