/** Events at times, in one thread, on any clock. */
import { checkNames, checkOptions } from '../memory/check-options.ts';
import { turn } from '../parking/turn.ts';
import { sleep, sleepAsync } from '../thread/sleep.ts';
import { EventHeap } from './event-heap.ts';

/** Something that will be done. Handed out by `enter` and `enterAbs`, given back to `cancel`. Source: Python's `sched.Event`. */
export interface ScheduledEvent {
  /** When, on the scheduler's clock. */
  readonly time: number;
  /** Of events of one time, the lowest number comes first. */
  readonly priority: number;
  /** Of events of one time and priority, the one that was entered first comes first. */
  readonly sequence: number;
  readonly action: (...args: never[]) => unknown;
  readonly args: readonly unknown[];
}

/** What clock a scheduler goes by. */
export interface SchedulerOptions {
  /** Says what time it is; must never go back. Default: `performance.now`, so that times are milliseconds. */
  readonly now?: (() => number) | undefined;
  /**
   * Lets that much time pass, 0 too. Default: `sleep` in `run()`, `sleepAsync` in `runAsync()`. In `runAsync()` it may return a promise, and is told by the signal
   * when nobody waits for it any more, because an earlier event was entered or the run was aborted.
   */
  readonly delay?: ((time: number, options?: { signal: AbortSignal }) => unknown) | undefined;
}

const OPTION_NAMES: ReadonlySet<string> = new Set(['delay', 'now']);

/**
 * Calls functions at times, one after the other, in the thread that runs it. Semantics: Python's `sched.scheduler`, with milliseconds for seconds unless
 * you bring another clock. It belongs to its thread and doesn't travel.
 *
 * `run()` blocks the thread, so its own timers, messages and promises stand still meanwhile; in the main thread use `runAsync()`.
 *
 * @example
 * ```ts
 * const said: string[] = [];
 * const scheduler = new Scheduler();
 * scheduler.enter(40, 1, word => void said.push(word), ['world']);
 * scheduler.enter(20, 1, word => void said.push(word), ['hello']);
 * scheduler.run();
 * said.join(' '); // => 'hello world'
 * ```
 */
export class Scheduler {
  readonly #now: () => number;
  readonly #delay: SchedulerOptions['delay'];
  readonly #events: EventHeap = new EventHeap();
  /** Called when another event has become the first. */
  #onNewFirst: Set<() => void> = new Set();

  /** Throws `TypeError` for a clock that is no function. */
  constructor(options?: SchedulerOptions) {
    if (options !== undefined && options !== null) {
      checkOptions(options, 'Scheduler', '{ now: () => Date.now() }');
      checkNames(options, OPTION_NAMES, 'Scheduler');
    }
    mustBeFunction(options?.now, 'Scheduler: now', true);
    mustBeFunction(options?.delay, 'Scheduler: delay', true);
    this.#now = options?.now ?? (() => performance.now());
    this.#delay = options?.delay;
  }

  /** Tells the codec to refuse it: its functions belong to this thread. */
  get [Symbol.toStringTag](): string {
    return 'Scheduler';
  }

  /**
   * Enters an event at a time of the scheduler's clock; a time that has passed is now. May be called by actions. Returns the event, for `cancel`. Throws
   * `RangeError` for a time or priority that is NaN, and `TypeError` for what is no number or no function.
   */
  enterAbs<A extends readonly unknown[]>(
    time: number,
    priority: number,
    action: (...args: A) => unknown,
    ...[args]: A extends [] ? [args?: A] : [args: A]
  ): ScheduledEvent {
    return this.#enter(time, priority, action, args, 'Scheduler.enterAbs', 'time');
  }

  /** Enters an event so much time after now; otherwise as `enterAbs`. */
  enter<A extends readonly unknown[]>(
    delay: number,
    priority: number,
    action: (...args: A) => unknown,
    ...[args]: A extends [] ? [args?: A] : [args: A]
  ): ScheduledEvent {
    mustBeNumber(delay, 'Scheduler.enter: delay');
    return this.#enter(this.#now() + delay, priority, action, args, 'Scheduler.enter', 'time');
  }

  #enter(
    time: number,
    priority: number,
    action: unknown,
    args: unknown,
    place: string,
    what: string,
  ): ScheduledEvent {
    mustBeNumber(time, `${place}: ${what}`);
    mustBeNumber(priority, `${place}: priority`);
    mustBeFunction(action, `${place}: action`);
    if (args !== undefined && !Array.isArray(args))
      throw new TypeError(`${place}: args must be an array, got ${String(args)} (${typeof args})`);
    const event = this.#events.add(
      time,
      priority,
      action as ScheduledEvent['action'],
      (args ?? []) as readonly unknown[],
    );
    if (this.#events.first === event) for (const hear of this.#onNewFirst) hear();
    return event;
  }

  /** Takes an event out, in time that grows with the logarithm of how many there are. Throws `RangeError` if it isn't there: done, cancelled, or another scheduler's. */
  cancel(event: ScheduledEvent): void {
    if (!this.#events.remove(event))
      throw new RangeError(
        "Scheduler.cancel: the event isn't in the queue: it was done or cancelled, or belongs to another scheduler",
      );
  }

  /** Whether nothing is left to do. */
  get empty(): boolean {
    return this.#events.size === 0;
  }

  /** All events, in the order in which they will be done (snapshot). */
  get queue(): ScheduledEvent[] {
    return this.#events.sorted();
  }

  /**
   * Does what is due, waits for what comes next, and so on, blocking the thread, until nothing is left. With `blocking: false` it does only what is
   * due now, and returns how long it is until the next event, or `undefined` if there is none.
   *
   * Throws what an action throws (or the clock); that event is done then, and `run()` may be called again for the others. Throws
   * `BlockingNotAllowedError` where it would have to wait in a browser window.
   */
  run(options?: { readonly blocking?: boolean | undefined }): number | undefined {
    const blocking = options?.blocking ?? true;
    const delay = this.#delay ?? sleep;
    for (let next = this.#events.first; next !== undefined; next = this.#events.first) {
      const left = next.time - this.#now();
      if (left > 0) {
        if (!blocking) return left;
        delay(left);
      } else {
        this.#events.remove(next);
        call(next);
        delay(0);
      }
    }
    return undefined;
  }

  /**
   * As `run`, without blocking: awaits actions that return promises, one after the other, and lets the event loop turn in between. An earlier event that is
   * entered while it waits is done in time. Rejects with what an action threw or rejected with, and with `signal.reason` when aborted, between
   * two events. Holds the event loop while it waits, unless you bring a `delay` of your own that doesn't.
   */
  async runAsync(options?: { readonly signal?: AbortSignal | undefined }): Promise<void> {
    const signal = options?.signal;
    signal?.throwIfAborted();
    for (let next = this.#events.first; next !== undefined; next = this.#events.first) {
      const left = next.time - this.#now();
      if (left > 0) {
        await this.#wait(left, signal);
      } else {
        this.#events.remove(next);
        await call(next);
        await (this.#delay === undefined ? turn() : this.#delay(0));
      }
      signal?.throwIfAborted();
    }
  }

  /** Waits that long, or until another event has become the first, or until aborted. */
  async #wait(left: number, signal: AbortSignal | undefined): Promise<void> {
    const over = new AbortController();
    const end = (): void => over.abort();
    const interrupted = new Promise<void>(resolve =>
      over.signal.addEventListener('abort', () => resolve(), { once: true }),
    );
    this.#onNewFirst.add(end);
    signal?.addEventListener('abort', end, { once: true });
    try {
      const delay = this.#delay ?? sleepAsync;
      const passed = Promise.resolve(delay(left, { signal: over.signal })).catch((error: unknown) => {
        // What a delay says when nobody waits for it any more is of no interest.
        if (!over.signal.aborted) throw error;
      });
      await Promise.race([passed, interrupted]);
    } finally {
      this.#onNewFirst.delete(end);
      signal?.removeEventListener('abort', end);
    }
  }
}

function call({ action, args }: ScheduledEvent): unknown {
  return (action as (...args: readonly unknown[]) => unknown)(...args);
}

function mustBeNumber(value: unknown, place: string): void {
  if (typeof value !== 'number')
    throw new TypeError(`${place} must be a number, got ${String(value)} (${typeof value})`);
  if (Number.isNaN(value)) throw new RangeError(`${place} must be a number, got NaN`);
}

function mustBeFunction(value: unknown, place: string, optional: boolean = false): void {
  if (typeof value === 'function' || (optional && value === undefined)) return;
  throw new TypeError(`${place} must be a function, got ${String(value)} (${typeof value})`);
}
