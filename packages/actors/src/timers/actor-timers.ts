/**
 * The timers of an actor, by key. A tick is a message of the actor to itself; one that has been cancelled or replaced never arrives, not even if it was
 * in the mailbox already.
 */
import type { Cell } from '../runtime/cell.ts';
import { Envelope } from '../runtime/envelope.ts';
import { checkSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { WheelTimer } from './wheel.ts';

/** How a timer goes on after a tick. */
type Kind = 'once' | 'fixedDelay' | 'fixedRate' | 'cron';

interface Running {
  readonly key: unknown;
  readonly kind: Kind;
  readonly message: unknown;
  readonly ms: number;
  readonly schedule: Schedule | undefined;
  readonly timer: WheelTimer;
  /** When the last tick was due: by the monotonic clock, or for cron by the wall's. */
  due: number;
}

/** A tick in the mailbox. */
class Tick extends Envelope {
  readonly #timers: ActorTimers;
  readonly #running: Running;

  constructor(timers: ActorTimers, running: Running) {
    super();
    this.#timers = timers;
    this.#running = running;
  }

  override get content(): unknown {
    return this.#running.message;
  }

  override open(): { readonly message: unknown } | undefined {
    return this.#timers.isCurrent(this.#running) ? { message: this.#running.message } : undefined;
  }

  override preview(): { readonly message: unknown } {
    return { message: this.#running.message };
  }

  override done(): void {
    this.#timers.handled(this.#running);
  }
}

export class ActorTimers<M = unknown> {
  readonly #cell: Cell;
  readonly #running = new Map<unknown, Running>();

  /** @internal */
  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /** Delivers `message` in `ms` milliseconds, once. Replaces the timer of the same key, and discards its tick if one is queued. */
  after(key: unknown, ms: number, message: M): void {
    this.#start(key, 'once', checked(ms, 0, 'after'), message);
  }

  /** Delivers `message` again and again, `ms` milliseconds after the one before was handled, first after `ms`. */
  every(key: unknown, ms: number, message: M): void {
    this.#start(key, 'fixedDelay', checked(ms, 1, 'every'), message);
  }

  /**
   * Delivers `message` every `ms` milliseconds by the schedule, however long it is handled. At most one tick waits in the mailbox; the ticks that
   * were due meanwhile are left out, and the schedule is kept.
   */
  everyFixedRate(key: unknown, ms: number, message: M): void {
    this.#start(key, 'fixedRate', checked(ms, 1, 'everyFixedRate'), message);
  }

  /**
   * Delivers `message` at the times of a schedule, as `cron('30 9 * * 1-5')` of `@heddle/actors/cron` makes one. At most one tick waits in the mailbox; the times that pass until it has been handled are
   * left out. Throws `TypeError` for what is no schedule.
   */
  cron(key: unknown, schedule: Schedule, message: M): void {
    checkSchedule(schedule);
    this.#start(key, 'cron', 0, message, schedule);
  }

  /** Ends the timer; a tick of it that is queued never arrives. Returns false if there is none of this key. */
  cancel(key: unknown): boolean {
    const running = this.#running.get(key);
    if (running === undefined) return false;
    this.#cell.dispatcher.cancelTimer(running.timer);
    return this.#running.delete(key);
  }

  /** Ends all. */
  cancelAll(): void {
    for (const key of [...this.#running.keys()]) this.cancel(key);
  }

  /** Whether a timer of this key runs, or its tick waits. */
  has(key: unknown): boolean {
    return this.#running.has(key);
  }

  #start(key: unknown, kind: Kind, ms: number, message: M, schedule?: Schedule): void {
    this.cancel(key);
    const timer = new WheelTimer(() => this.#cell.post(new Tick(this as ActorTimers, running)));
    const running: Running = {
      key,
      kind,
      message,
      ms,
      schedule,
      timer,
      due: kind === 'cron' ? 0 : this.#cell.dispatcher.host.now(),
    };
    this.#running.set(key, running);
    this.#next(running);
  }

  /** @internal */
  isCurrent(running: Running): boolean {
    if (this.#running.get(running.key) !== running) return false;
    if (running.kind === 'once') this.#running.delete(running.key);
    return true;
  }

  /** @internal The actor has handled a tick. */
  handled(running: Running): void {
    if (this.#running.get(running.key) === running) this.#next(running);
  }

  #next(running: Running): void {
    const { dispatcher } = this.#cell;
    const { host } = dispatcher;
    const now = host.now();
    let delay = running.ms;
    if (running.kind === 'fixedRate') {
      running.due += running.ms;
      // Ticks that are over are left out, and the next is on the schedule again.
      if (running.due < now) running.due += Math.floor((now - running.due) / running.ms + 1) * running.ms;
      delay = running.due - now;
    } else if (running.kind === 'cron') {
      const wall = host.wall();
      // The two clocks differ a little: a tick that came early must not be due again at once.
      const at = running.schedule!.nextAfter(Math.max(wall, running.due));
      if (at === undefined) {
        this.#running.delete(running.key);
        return;
      }
      running.due = at;
      delay = Math.max(0, running.due - wall);
    }
    dispatcher.startTimer(running.timer, delay);
  }
}

function checked(ms: number, least: number, place: string): number {
  if (typeof ms !== 'number') {
    throw new TypeError(
      `timers.${place}: expected a number of milliseconds, got ${String(ms)} (${typeof ms})`,
    );
  }
  if (!(ms >= least))
    throw new RangeError(`timers.${place}: milliseconds must be at least ${least}, got ${ms}`);
  return ms;
}
