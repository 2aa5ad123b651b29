/** `Timer`: a thread that waits for a while and then calls a function, unless it was cancelled meanwhile. */
import { f64, i32 } from '../atomics.ts';
import { KIND, registerKind } from '../memory/kinds.ts';
import { AGENT, THREAD } from '../memory/layout.ts';
import { Existing, release, retain, revive } from '../memory/shared-object.ts';
import { selfAgent } from '../parking/guard.ts';
import { Event } from '../sync/event.ts';
import { addressOf, explainInlineError, resolve, resolveNow, task } from './target.ts';
import type { AnyFunction, Target, TargetAddress, Task } from './target.ts';
import { checkThreadOptions, nameText } from './thread-options.ts';
import type { ThreadOptions } from './thread-options.ts';
import { Thread, defaultName, threadKind } from './thread.ts';

/** How a timer is set up. */
export interface TimerOptions<A extends readonly unknown[] = readonly unknown[]> extends Pick<
  ThreadOptions<A>,
  'args' | 'context' | 'daemon' | 'name'
> {}

const OPTION_NAMES: ReadonlySet<string> = new Set(['args', 'context', 'daemon', 'name']);

type RunTimer = (
  finished: Event,
  interval: number,
  target: TargetAddress,
  args: readonly unknown[],
) => Promise<unknown>;

/** Milliseconds on a clock that all threads read alike (to about a millisecond); each has its own zero of `performance.now()`. */
function commonTime(): number {
  return performance.timeOrigin + performance.now();
}

/** What is left of the interval now that the thread has come up, in which the timer was started. */
function remaining(interval: number): number {
  const elapsed = commonTime() - f64[(i32[selfAgent + AGENT.thread]! + THREAD.timerStart) / 2]!;
  return Math.max(0, interval - Math.max(0, elapsed));
}

/** What a timer's thread does. The function is found first, so that it is called in time. */
const runTimer: Task<RunTimer> = task(
  import.meta,
  async function runTimer(
    finished: Event,
    interval: number,
    target: TargetAddress,
    args: readonly unknown[],
  ): Promise<unknown> {
    try {
      const fn = resolveNow(target) ?? (await resolve(target));
      if (finished.wait({ timeout: remaining(interval) })) return undefined;
      return await fn(...(args as never[]));
    } catch (error) {
      explainInlineError(target, error);
      throw error;
    } finally {
      finished.set();
    }
  },
);

/**
 * A thread that calls a function once, when so many milliseconds have passed since its start (or as soon as it has come up, if that takes longer).
 * `start()` starts it; `cancel()` stops it as long as it waits. Semantics: Python's `threading.Timer`, with milliseconds for seconds, except that `finished` is set too when the function throws.
 *
 * It occupies a worker while it waits: for many, or for what may run in this very thread, use `setTimeout` or a `Scheduler`. As any thread, it keeps the
 * program alive unless it is a daemon, and its function's errors go to the exception hook.
 *
 * @example
 * ```ts
 * const timer = new Timer(5, (name: string) => `hello ${name}`, { args: ['world'] }).start();
 * timer.finished.wait(); // => true
 * timer.result(); // => 'hello world'
 * ```
 */
export class Timer<F extends AnyFunction = AnyFunction> extends Thread<F> {
  /** @internal */
  protected static override readonly kind: number = KIND.timer;

  #finished: Event | undefined;

  /**
   * Prepares a timer; nothing runs before `start()`. `target` is what a thread's is: a task, an export of a module, or a function that closes over
   * nothing. Throws `RangeError` for a negative or NaN interval (`Infinity` waits until it is cancelled), `TypeError` for what is no number,
   * and what `new Thread` throws. Never blocks.
   */
  constructor(
    interval: number,
    target: Target<F>,
    ...[options]: Parameters<F> extends []
      ? [options?: TimerOptions<Parameters<F>>]
      : [options: TimerOptions<Parameters<F>> & { args: Parameters<F> }]
  ) {
    if ((interval as unknown) instanceof Existing) {
      super(...([interval] as unknown as ConstructorParameters<typeof Thread<F>>));
      return;
    }
    checkInterval(interval);
    checkThreadOptions(options, 'Timer', OPTION_NAMES);
    const address = addressOf(target, 'Timer');
    const args: unknown = options?.args ?? [];
    if (!Array.isArray(args))
      throw new TypeError(`Timer: args must be an array, got ${String(args)} (${typeof args})`);
    const name = nameText(options?.name, 'Timer: name');
    const finished = new Event();
    const threadOptions: ThreadOptions = {
      args: [finished, interval, address, args],
      name: name || defaultName(address),
      daemon: options?.daemon,
      context: options?.context,
    };
    super(...([runTimer, threadOptions] as unknown as ConstructorParameters<typeof Thread<F>>));
    this.#finished = finished;
    const event = (finished as unknown as { at: number }).at;
    retain(event);
    i32[this.at + THREAD.timerFinished] = event;
    f64[(this.at + THREAD.timerInterval) / 2] = interval;
  }

  /** Starts it: the interval begins now, while a worker comes up for it. Otherwise as `Thread.start`. */
  override start(): this {
    f64[(this.live() + THREAD.timerStart) / 2] = commonTime();
    return super.start();
  }

  /** Is set when the function has returned or thrown, and by `cancel()`: waiting for it is waiting for either. Not set when the thread is ended by force. */
  get finished(): Event {
    if (this.#finished === undefined) {
      const event = i32[this.live() + THREAD.timerFinished]!;
      retain(event);
      this.#finished = revive(event) as Event;
    }
    return this.#finished;
  }

  /** Milliseconds that it waits. */
  get interval(): number {
    return f64[(this.live() + THREAD.timerInterval) / 2]!;
  }

  /** Stops it if it hasn't begun to call its function; from any thread, before `start()` too. Otherwise does nothing. Never blocks. */
  cancel(): void {
    this.finished.set();
  }
}

function checkInterval(interval: unknown): void {
  if (typeof interval !== 'number')
    throw new TypeError(
      `Timer: interval must be a number of milliseconds, got ${String(interval)} (${typeof interval})`,
    );
  if (!(interval >= 0))
    throw new RangeError(`Timer: interval must be 0 or more milliseconds, got ${interval}`);
}

registerKind(KIND.timer, {
  ...threadKind,
  revive: pointer => new Timer(new Existing(pointer) as unknown as number, undefined as never),
  destroy(record) {
    threadKind.destroy!(record);
    const event = i32[record + THREAD.timerFinished]!;
    if (event !== 0) release(event);
  },
});
