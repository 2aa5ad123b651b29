/** What a scenario of the stress program is: shared objects, one thing that a thread does with them, one that the event loop does, and what must hold. */

/** Numbers below `n`, from 0. */
export type Random = (n: number) => number;

export interface Scenario<S extends object = object> {
  readonly name: string;
  /** Makes the shared objects, in the main thread. They travel to the threads as they are. */
  create(): S;
  /** Does one thing, blocking, with timeouts; in each of many threads. Throws `Violation` when something is wrong. */
  step(shared: S, random: Random): void;
  /** As `step`, on the event loop of the main thread, many of them at once. */
  stepAsync(shared: S, random: Random): Promise<void>;
  /** Ends waits that only somebody's next step would end, when there are no next steps any more. Called again and again. */
  letGo?(shared: S): void;
  /** Looks, while everything runs or (`over`) when all have stopped, whether what must hold holds. */
  check(shared: S, over: boolean): void;
  /** A few figures for the progress line. */
  figures(shared: S): string;
}

/** An invariant doesn't hold. */
export class Violation extends Error {}

export function demand(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Violation(what);
}

/** A wait that takes so long is stuck: everything else happens many times a second. */
export const STUCK_MS = 30_000;

/** A timeout, most often short. */
export function patience(random: Random): { timeout: number } {
  const kind = random(10);
  if (kind === 0) return { timeout: 0 };
  if (kind < 6) return { timeout: random(30) / 10 };
  return { timeout: STUCK_MS };
}

/** What a wait that timed out says, depending on how long it was willing to wait. */
export function notStuck(options: { timeout: number }, what: string): void {
  demand(options.timeout < STUCK_MS, `${what}: stuck for ${STUCK_MS} ms`);
}

/** A signal that may abort in the same turn, in the next, in a few milliseconds, or never; and the reason that it will give. */
export function whim(random: Random): { signal: AbortSignal; reason: object } {
  const controller = new AbortController();
  const reason = { why: 'a whim' };
  const abort = (): void => controller.abort(reason);
  const kind = random(8);
  if (kind === 0) setImmediate(abort);
  else if (kind === 1) queueMicrotask(abort);
  else if (kind === 2) setTimeout(abort, random(4));
  return { signal: controller.signal, reason };
}

/** Resolves to what the promise does, or to `undefined` if it was rejected with that reason. */
export async function unless<T>(promise: Promise<T>, reason: object): Promise<T | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error === reason) return undefined;
    throw error;
  }
}

export async function turn(): Promise<void> {
  await new Promise(resolve => setImmediate(resolve));
}
