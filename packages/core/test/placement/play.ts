/**
 * One contract, many placements. A role is written once, as a generator that yields its waits; who plays it decides how they are waited for: blocked
 * (`acquire`) or with a promise (`acquireAsync`). So the same lines are run with all roles in worker threads, with any one of them
 * on the main thread blocked, and with any one of them async there beside blocked workers.
 *
 * @example
 * ```ts
 * contract('the second waits for the first', {
 *   share: () => ({ lock: new Lock() }),
 *   roles: {
 *     *first({ lock }) {
 *       yield* on(lock).acquire(SOON);
 *       yield* see(() => waitingAt(lock) === 1, 'the second waits');
 *       lock.release();
 *     },
 *     …
 *   },
 *   outcome: { second: true },
 * });
 * ```
 */
import { until, untilBlocked } from '../support/state.ts';

/** A wait that can be made in both ways. */
export interface Step {
  blocked(): unknown;
  async(): Promise<unknown>;
}

/** What a role does; the waits that it yields are made for it. */
export type Play<T> = Generator<Step, T, unknown>;

type Call = (...args: never[]) => unknown;

/** The methods of an object that have two faces, as steps with the arguments of the async one. */
type Faces<O> = {
  [K in keyof O & string as `${K}Async` extends keyof O ? K : never]: O[K] extends (
    ...args: never[]
  ) => infer R
    ? (...args: `${K}Async` extends keyof O ? ArgumentsOf<O[`${K}Async`]> : never) => Play<R>
    : never;
};

type ArgumentsOf<F> = F extends (...args: infer A) => unknown ? A : never;

function* wait(step: Step): Play<unknown> {
  return yield step;
}

/** The object's waits: `yield* on(queue).get(SOON)` is `queue.get(SOON)` or `await queue.getAsync(SOON)`. */
export function on<O extends object>(object: O): Faces<O> {
  const methods = object as Record<string, Call>;
  return new Proxy({} as Faces<O>, {
    get: (_target, name) => {
      const method = String(name);
      return (...args: never[]) =>
        wait({
          blocked: () => methods[method]!(...args),
          async: async () => methods[`${method}Async`]!(...args),
        });
    },
  });
}

/** A wait whose two faces are no methods of one name. */
export function* both<T>(blocked: () => T, async: () => PromiseLike<T>): Play<T> {
  return (yield { blocked, async: async () => async() }) as T;
}

/** Waits until the condition holds. */
export function* see(condition: () => boolean, what: string): Play<void> {
  yield {
    blocked: () => untilBlocked(condition, what),
    async: () => until(condition, what),
  };
}

/** What became of a wait: its value, or the name of its error, or what was thrown if that is no error. */
export function* outcomeOf<T>(play: Play<T>): Play<T | string> {
  try {
    return yield* play;
  } catch (error) {
    return error instanceof Error ? error.name : String(error);
  }
}

/** What the call throws, as `name: message`, without the name of the place that is in front of it unless the `whole` is wanted; '' if it doesn't. */
export function refusalOf(call: () => unknown, { whole = false } = {}): string {
  try {
    call();
    return '';
  } catch (error) {
    const { message, name } = error as Error;
    return `${name}: ${whole ? message : message.slice(message.indexOf(': ') + 1).trim()}`;
  }
}

/** A signal that is aborted with that reason as soon as the condition holds. */
export function abortWhen(condition: () => boolean, reason: unknown): AbortSignal {
  const controller = new AbortController();
  void until(condition, 'what an abort waits for').then(
    () => controller.abort(reason),
    (error: unknown) => controller.abort(error),
  );
  return controller.signal;
}

/** A role that waits for nothing is a plain function. */
export type Role<S> = (shared: S) => unknown;

export interface Contract<S> {
  /** Makes what the roles share, on the main thread. */
  share(): S;
  /** Started in this order, but nothing may depend on that. */
  roles: Readonly<Record<string, Role<S>>>;
  /** What the roles return; those that aren't named may return what they like. */
  outcome: Readonly<Record<string, unknown>>;
  /** What must be true afterwards. Returns what is to be `after`. */
  then?: (shared: S, outcome: Readonly<Record<string, unknown>>) => unknown;
  after?: unknown;
  /** The role that only a promise can play, because it is aborted. */
  asyncOnly?: string;
}

// eslint-disable-next-line typescript/no-explicit-any -- Contracts over different things stand in one table.
export type AnyContract = Contract<any>;

/** Contracts by their title, which is a sentence of the specification. */
export type Contracts = Readonly<Record<string, AnyContract>>;

/** Keeps the type of what is shared within one contract. */
export function contract<S>(made: Contract<S>): AnyContract {
  return made;
}

function isPlay(play: unknown): play is Play<unknown> {
  return typeof (play as Partial<Play<unknown>> | null | undefined)?.next === 'function';
}

/** Plays a role with this thread blocked in its waits. */
export function playBlocked(play: unknown): unknown {
  if (!isPlay(play)) return play;
  for (let step = play.next(); ;) {
    if (step.done === true) return step.value;
    let value: unknown;
    try {
      value = step.value.blocked();
    } catch (error) {
      step = play.throw(error);
      continue;
    }
    step = play.next(value);
  }
}

/** Plays a role with promises. */
export async function playAsync(play: unknown): Promise<unknown> {
  if (!isPlay(play)) return play;
  for (let step = play.next(); ;) {
    if (step.done === true) return step.value;
    let value: unknown;
    try {
      value = await step.value.async();
    } catch (error) {
      step = play.throw(error);
      continue;
    }
    step = play.next(value);
  }
}

/** Busy with promises, as a server is: settles thousands of them until told to stop, and leaves the loop a turn between. */
export async function manyPromises(stop: AbortSignal): Promise<number> {
  let settled = 0;
  while (!stop.aborted) {
    for (let turn = 0; turn < 200; turn++) {
      await Promise.resolve(turn);
      settled += 1;
    }
    await new Promise(resolve => setImmediate(resolve));
  }
  return settled;
}
