/**
 * A thread's event loop under control: its timers, immediates and pending `waitAsync` promises are delivered when the strategy says so.
 * Microtasks run as always, between two deliveries.
 */
import { me, note, rest } from '../control/kernel.ts';
import { HEADER, OPERATION, THREAD, TIMES, WAKE } from '../control/layout.ts';
import { addWaiter, removeWaiter, takeNotified } from '../control/waiters.ts';
import { threadAt, times, words } from '../control/words.ts';
import { NEVER_MS } from './time.ts';

type Callback = (...args: never[]) => void;

interface Task {
  readonly id: number;
  readonly action: () => void;
  deadline: number;
  /** Of an interval; -1 for a timer that fires once. */
  readonly every: number;
}

const timers = new Map<number, Task>();
const immediates: Task[] = [];
const promises = new Map<number, (result: string) => void>();
let serial = 0;

/** What `setTimeout` returns: enough of Node's `Timeout` for programs that ref, unref or refresh it. */
class VirtualTimer {
  readonly id: number;
  readonly #again: () => void;

  constructor(id: number, again: () => void) {
    this.id = id;
    this.#again = again;
  }

  ref(): this {
    return this;
  }

  unref(): this {
    return this;
  }

  hasRef(): boolean {
    return true;
  }

  refresh(): this {
    this.#again();
    return this;
  }

  close(): this {
    cancel(this);
    return this;
  }

  [Symbol.toPrimitive](): number {
    return this.id;
  }

  [Symbol.dispose](): void {
    cancel(this);
  }
}

function addTimer(
  callback: Callback,
  delay: unknown,
  args: readonly unknown[],
  repeats: boolean,
): VirtualTimer {
  if (typeof callback !== 'function') throw new TypeError('The "callback" argument must be of type function');
  const id = ++serial;
  let ms = Number(delay);
  if (!(ms >= 1)) ms = 1;
  const start = (): void => {
    // Longer than a day is for ever: an idle interval that only keeps the process alive must not hide a deadlock.
    const deadline = ms >= NEVER_MS ? Infinity : times[TIMES.now]! + ms;
    timers.set(id, { id, action: () => callback(...(args as never[])), deadline, every: repeats ? ms : -1 });
  };
  start();
  return new VirtualTimer(id, start);
}

function cancel(timer: unknown): void {
  const id = timer instanceof VirtualTimer ? timer.id : Number(timer);
  if (timers.delete(id)) return;
  const index = immediates.findIndex(task => task.id === id);
  if (index < 0) return;
  immediates.splice(index, 1);
  if (me >= 0) words[threadAt(me) + THREAD.ready]! -= 1;
}

function addImmediate(callback: Callback, args: readonly unknown[]): VirtualTimer {
  const id = ++serial;
  immediates.push({ id, action: () => callback(...(args as never[])), deadline: 0, every: -1 });
  words[threadAt(me) + THREAD.ready]! += 1;
  return new VirtualTimer(id, () => {});
}

/** Puts virtual timers in the place of the platform's. Outside a schedule the platform's are used. */
export function instrumentTimers(): void {
  const scope = globalThis as unknown as Record<string, (...args: never[]) => unknown>;
  const replace = (name: string, virtual: (...args: never[]) => unknown): void => {
    const platform = scope[name]!;
    scope[name] = (...args: never[]) => (me >= 0 ? virtual(...args) : platform(...args));
  };
  replace('setTimeout', (callback: Callback, delay: unknown, ...args: unknown[]) =>
    addTimer(callback, delay, args, false),
  );
  replace('setInterval', (callback: Callback, delay: unknown, ...args: unknown[]) =>
    addTimer(callback, delay, args, true),
  );
  replace('setImmediate', (callback: Callback, ...args: unknown[]) => addImmediate(callback, args));
  for (const name of ['clearTimeout', 'clearInterval', 'clearImmediate']) {
    const platform = scope[name]!;
    scope[name] = ((timer: unknown) =>
      me >= 0 || timer instanceof VirtualTimer ? cancel(timer) : platform(timer as never)) as never;
  }
  AbortSignal.timeout = ((platform: typeof AbortSignal.timeout) => (ms: number) => {
    if (me < 0) return platform(ms);
    const controller = new AbortController();
    addTimer(
      () => controller.abort(new DOMException('The operation was aborted due to timeout', 'TimeoutError')),
      ms,
      [],
      false,
    );
    return controller.signal;
  })(AbortSignal.timeout.bind(AbortSignal));
}

/** `waitAsync` in the model: a promise that settles when the event loop delivers its notification or its deadline. */
export function waitInModel(
  buffer: number,
  offset: number,
  expected: number,
  deadline: number,
): Promise<string> {
  const ticket = ++words[HEADER.ticket]!;
  addWaiter(me, buffer, offset, ticket);
  words[threadAt(me) + THREAD.expected] = expected;
  return new Promise(resolve => {
    promises.set(ticket, resolve);
    if (deadline === Infinity) return;
    const id = ++serial;
    const action = (): void => {
      if (!promises.has(ticket)) return;
      promises.delete(ticket);
      // One that was notified before its deadline was seen counts as notified.
      const waiting = removeWaiter(me, ticket);
      if (!waiting) words[threadAt(me) + THREAD.ready]! -= 1;
      resolve(waiting ? 'timed-out' : 'ok');
    };
    timers.set(id, { id, action, deadline, every: -1 });
  });
}

function earliest(): Task | undefined {
  let best: Task | undefined;
  for (const task of timers.values()) {
    if (task.deadline !== Infinity && (best === undefined || task.deadline < best.deadline)) best = task;
  }
  return best;
}

/** Rests until the strategy lets this event loop deliver something, and delivers it. Throws what the callback throws. */
export function turn(): void {
  const next = earliest();
  if (rest(next?.deadline ?? Infinity) === WAKE.timedOut) {
    note(OPERATION.event, -1, 0, 0, 2, 0, 0);
    if (next === undefined) return;
    if (next.every < 0) timers.delete(next.id);
    else next.deadline = times[TIMES.now]! + next.every;
    next.action();
    return;
  }
  words[threadAt(me) + THREAD.ready]! -= 1;
  const ticket = takeNotified(me);
  if (ticket !== 0) {
    note(OPERATION.event, -1, 0, 0, 0, 0, 0);
    const resolve = promises.get(ticket);
    promises.delete(ticket);
    resolve?.('ok');
    return;
  }
  note(OPERATION.event, -1, 0, 0, 1, 0, 0);
  immediates.shift()?.action();
}

/** Delivers, at the beginning of a schedule, notifications of `waitAsync` promises that an earlier one left; returns whether there were any. */
export function deliverLeftovers(): boolean {
  let any = false;
  for (let ticket = takeNotified(me); ticket !== 0; ticket = takeNotified(me)) {
    any = true;
    words[threadAt(me) + THREAD.ready]! -= 1;
    promises.get(ticket)?.('ok');
    promises.delete(ticket);
  }
  return any;
}

/** Drops what the schedule left: timers that could fire and immediates. Pending `waitAsync` promises stay, as they do in reality. */
export function forgetTimers(): void {
  for (const task of timers.values()) if (task.deadline !== Infinity) timers.delete(task.id);
  immediates.length = 0;
}
