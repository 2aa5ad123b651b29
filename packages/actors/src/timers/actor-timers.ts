/**
 * The timers of an actor: by key, or by what `sendAfter` returned. A tick is a message of the actor to itself; one that has been cancelled or replaced never arrives, not even if it
 * was in the mailbox already: it carries the number of its timer, which is void by then.
 */
import type { Cell } from '../runtime/cell.ts';
import { Envelope } from '../runtime/envelope.ts';
import { Repeating } from './repeating.ts';
import { checkSchedule } from './schedule.ts';
import type { Schedule } from './schedule.ts';
import { OLDER, STATE, YOUNGER, wordsOf } from './table.ts';
import type { TimerOwner } from './table.ts';
import { NOT_OF_THE_WHEEL } from './wheel.ts';

declare const timerRef: unique symbol;

/** What `timers.sendAfter` returns: a number by which that actor, and no other, can cancel the timer. It is never another timer's. */
export type TimerRef = number & { readonly [timerRef]: true };

/** In `STATE`: it has a key that is a whole number of 32 bits. */
const NUMBERED = NOT_OF_THE_WHEEL;
/** In `STATE`: it has another key. */
const NAMED = NUMBERED * 2;

/** A tick in the mailbox. */
class Tick extends Envelope {
  readonly #timers: ActorTimers;
  readonly #number: number;
  override readonly content: unknown;

  constructor(timers: ActorTimers, number: number, message: unknown) {
    super();
    this.#timers = timers;
    this.#number = number;
    this.content = message;
  }

  override open(): { readonly message: unknown } | undefined {
    return this.#timers.opens(this.#number) ? this.preview() : undefined;
  }

  override preview(): { readonly message: unknown } {
    return { message: this.content };
  }

  override done(): void {
    this.#timers.handled(this.#number);
  }
}

/** Tells actors' keys apart. */
let seeds = 0;

export class ActorTimers<M = unknown> implements TimerOwner {
  readonly #cell: Cell;
  /** @internal */
  readonly seed: number = Math.imul((seeds += 1), 0x85eb_ca6b);
  /** The youngest; 0 for none. */
  #last = 0;
  /** Those whose key is no whole number. */
  #named: Map<unknown, number> | undefined = undefined;

  /** @internal */
  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /** Delivers `message` in `ms` milliseconds, once. Replaces the timer of the same key, and discards its tick if one is queued. */
  after(key: unknown, ms: number, message: M): void {
    this.#start(key, checked(ms, 0, 'after'), message);
  }

  /**
   * Delivers `message` in `ms` milliseconds, once, and returns by what to cancel it. For what needs no key: the time limits of many requests, say. Each call starts another timer.
   * Source: Erlang's `send_after`.
   */
  sendAfter(ms: number, message: M): TimerRef {
    const place = this.#add(checked(ms, 0, 'sendAfter'), message);
    return this.#cell.dispatcher.wheel.table.numberOf(place) as TimerRef;
  }

  /** Delivers `message` again and again, `ms` milliseconds after the one before was handled, first after `ms`. */
  every(key: unknown, ms: number, message: M): void {
    this.#repeat(key, new Repeating('fixedDelay', checked(ms, 1, 'every'), message));
  }

  /**
   * Delivers `message` every `ms` milliseconds by the schedule, however long it is handled. At most one tick waits in the mailbox; the ticks that
   * were due meanwhile are left out, and the schedule is kept.
   */
  everyFixedRate(key: unknown, ms: number, message: M): void {
    this.#repeat(key, new Repeating('fixedRate', checked(ms, 1, 'everyFixedRate'), message));
  }

  /**
   * Delivers `message` at the times of a schedule, as `cron('30 9 * * 1-5')` of `@heddle/actors/cron` makes one. At most one tick waits in the mailbox; the times that pass until it has been handled are
   * left out. Throws `TypeError` for what is no schedule.
   */
  cron(key: unknown, schedule: Schedule, message: M): void {
    checkSchedule(schedule);
    this.#repeat(key, new Repeating('cron', 0, message, schedule));
  }

  /** Ends the timer of that key; a tick of it that is queued never arrives. Returns false if there is none. */
  cancel(key: unknown): boolean {
    const place = this.#find(key);
    if (place === 0) return false;
    this.#remove(place);
    return true;
  }

  /**
   * Ends a timer that `sendAfter` started; a tick of it that is queued never arrives. Returns false if it is over: its message has been handled or is, or it was cancelled. Throws
   * `TypeError` for what is no number. Source: Erlang's `cancel_timer`.
   */
  cancelTimer(timer: TimerRef): boolean {
    if (typeof timer !== 'number') {
      throw new TypeError(
        `timers.cancelTimer: expected what sendAfter returned, got ${String(timer)} (${typeof timer}); by its key a timer is ended with cancel`,
      );
    }
    const place = this.#placeOf(timer);
    if (place === 0) return false;
    this.#remove(place);
    return true;
  }

  /** Ends all. */
  cancelAll(): void {
    while (this.#last !== 0) this.#remove(this.#last);
  }

  /** Whether a timer of this key runs, or its tick waits. */
  has(key: unknown): boolean {
    return this.#find(key) !== 0;
  }

  // ── Places ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #start(key: unknown, ms: number, content: unknown): number {
    const old = this.#find(key);
    if (old !== 0) this.#remove(old);
    const { dispatcher } = this.#cell;
    const { table } = dispatcher.wheel;
    const place = this.#add(ms, content);
    if (isWhole(key)) {
      dispatcher.timerKeys.add(place, this, key);
      table.words[wordsOf(place) + STATE]! |= NUMBERED;
    } else {
      (this.#named ??= new Map()).set(key, place);
      table.keys[place] = key;
      table.words[wordsOf(place) + STATE]! |= NAMED;
    }
    return place;
  }

  #add(ms: number, content: unknown): number {
    const { dispatcher } = this.#cell;
    const place = dispatcher.startTimer(this, content, ms);
    const { words } = dispatcher.wheel.table;
    const last = this.#last;
    words[wordsOf(place) + OLDER] = last;
    words[wordsOf(place) + YOUNGER] = 0;
    if (last !== 0) words[wordsOf(last) + YOUNGER] = place;
    this.#last = place;
    return place;
  }

  #remove(place: number): void {
    const { dispatcher } = this.#cell;
    const { table } = dispatcher.wheel;
    const { words } = table;
    const at = wordsOf(place);
    const state = words[at + STATE]!;
    if ((state & NUMBERED) !== 0) dispatcher.timerKeys.remove(place);
    else if ((state & NAMED) !== 0) {
      this.#named!.delete(table.keys[place]);
      table.keys[place] = undefined;
    }
    const older = words[at + OLDER]!;
    const younger = words[at + YOUNGER]!;
    if (older !== 0) words[wordsOf(older) + YOUNGER] = younger;
    if (younger === 0) this.#last = older;
    else words[wordsOf(younger) + OLDER] = older;
    dispatcher.removeTimer(place);
  }

  #find(key: unknown): number {
    if (isWhole(key)) return this.#cell.dispatcher.timerKeys.find(this, key);
    return this.#named?.get(key) ?? 0;
  }

  #placeOf(number: number): number {
    const { table } = this.#cell.dispatcher.wheel;
    const place = table.placeOf(number);
    return place !== 0 && table.owners[place] === this ? place : 0;
  }

  // ── Ticks ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** @internal Its time has come. */
  due(place: number): void {
    const { table } = this.#cell.dispatcher.wheel;
    const content = table.contents[place];
    const message = content instanceof Repeating ? content.message : content;
    this.#cell.post(new Tick(this as ActorTimers, table.numberOf(place), message));
  }

  /** @internal Whether a tick that is about to be handled is still wanted. */
  opens(number: number): boolean {
    const place = this.#placeOf(number);
    if (place === 0) return false;
    if (!(this.#cell.dispatcher.wheel.table.contents[place] instanceof Repeating)) this.#remove(place);
    return true;
  }

  /** @internal The actor has handled a tick, or it was dropped. */
  handled(number: number): void {
    const place = this.#placeOf(number);
    if (place === 0) return;
    const content = this.#cell.dispatcher.wheel.table.contents[place];
    if (content instanceof Repeating) this.#next(place, content);
    else this.#remove(place);
  }

  #repeat(key: unknown, repeating: Repeating): void {
    this.#next(this.#start(key, Infinity, repeating), repeating);
  }

  #next(place: number, repeating: Repeating): void {
    const { dispatcher } = this.#cell;
    const now = repeating.kind === 'fixedDelay' ? undefined : dispatcher.host.now();
    const delay = repeating.nextDelay(dispatcher.host, now);
    if (delay === undefined) this.#remove(place);
    else dispatcher.restartTimer(place, delay, now);
  }
}

/** Of 32 bits, also -0: to a `Map` that is 0, too. */
function isWhole(key: unknown): key is number {
  return typeof key === 'number' && (key | 0) === key;
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
