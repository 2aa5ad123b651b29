/**
 * The scheduler of one thread: a line of actors that have something to do, and turns in which they do it.
 *
 * A turn begins by one microtask hop for however many messages, so a `tell` costs no trip through the event loop. It ends when nobody has anything
 * to do, or after its slice of time; then the next turn is a macrotask, so that input, output and timers are served between. Actors
 * that wake each other by promises make many short turns, each from a microtask: after some of them, or a slice of time, the next is a
 * macrotask too.
 */
import { Deadlines } from '../timers/deadlines.ts';
import type { Due } from '../timers/deadlines.ts';
import { KeyIndex } from '../timers/key-index.ts';
import type { TimerOwner } from '../timers/table.ts';
import { TimerWheel } from '../timers/wheel.ts';
import type { Gauges } from '../observability/gauges.ts';
import { ASK_TIMEOUT_MS } from './ask.ts';
import type { Cell } from './cell.ts';
import type { Host } from './host.ts';

/** How many messages an actor handles before the next has its turn. */
const THROUGHPUT = 128;
/** How long actors run before input, output and timers are served. */
const SLICE_MS = 5;
/** Messages between two looks at the clock, at most. A turn begins with few, since a message may take long, and with fewer if those of the last turn did. */
const MOST_BETWEEN_LOOKS = 512;
const FEW_BETWEEN_LOOKS = 8;
const MOST_HOPS = 256;

/** Timers of the runtime itself: what they hold is called. */
class Callbacks implements TimerOwner {
  readonly seed = 0;
  readonly #wheel: TimerWheel;

  constructor(wheel: TimerWheel) {
    this.#wheel = wheel;
  }

  due(place: number): void {
    const { table } = this.#wheel;
    const action = table.contents[place] as () => void;
    table.release(place);
    action();
  }
}

export class Dispatcher {
  readonly host: Host;
  readonly wheel: TimerWheel;
  /** Timers by the whole numbers that are their keys. */
  readonly timerKeys: KeyIndex;
  readonly #callbacks: Callbacks;
  /** Of questions with the default timeout. */
  readonly #deadlines: Deadlines;
  /** The actor whose handler runs now, up to its first `await`. */
  current: Cell | undefined;
  /** How many messages may still be handled before the clock is looked at. */
  left = 0;
  /** What is shown of this thread, if anything is. */
  gauges: Gauges | undefined;
  /** Whether somebody wants to know how long turns of actors take. */
  timed = false;
  /** How many handlers wait for promises. */
  awaiting = 0;
  /** Messages handled by all actors of this thread. */
  processed = 0;
  /** Is called when a turn ends, before the thread goes back to its event loop: the place to send what was collected. */
  flush: (() => void) | undefined;
  /** How many messages an actor handles in one visit. */
  throughput: number = THROUGHPUT;
  #ready: (Cell | undefined)[] = new Array<Cell | undefined>(64).fill(undefined);
  #mask = 63;
  #head = 0;
  #size = 0;
  /** Who gets something to do needn't see to a turn: one is under way, or to come. */
  #scheduled = false;
  /** The platform has been asked for a turn that it hasn't begun. Never for two: each would ask for another at its end, and so many turns stand between two of the event loop. */
  #asked = false;
  #running = false;
  /** Whoever has set it calls `runNow` next, so that no turn need be asked for. */
  driven = false;
  #lookEvery = FEW_BETWEEN_LOOKS;
  #hops = 0;
  #seriesStart = 0;
  #alarm = Infinity;
  /** Timers that are started now count from the next look at the clock. */
  #defers = false;

  constructor(host: Host) {
    this.host = host;
    this.wheel = new TimerWheel(host.now());
    this.timerKeys = new KeyIndex(this.wheel.table);
    this.#callbacks = new Callbacks(this.wheel);
    this.#deadlines = new Deadlines(
      ASK_TIMEOUT_MS,
      () => host.now(),
      (ms, now, ring) => this.restartTimer(this.wheel.table.take(this.#callbacks, ring), ms, now),
    );
  }

  /** How many actors have something to do. */
  get waiting(): number {
    return this.#size;
  }

  enqueue(cell: Cell): void {
    if (this.#size > this.#mask) this.#grow();
    this.#ready[(this.#head + this.#size) & this.#mask] = cell;
    this.#size += 1;
    if (!this.#scheduled) this.#schedule();
  }

  #grow(): void {
    const ready = new Array<Cell | undefined>((this.#mask + 1) * 2).fill(undefined);
    for (let n = 0; n < this.#size; n++) ready[n] = this.#ready[(this.#head + n) & this.#mask];
    this.#ready = ready;
    this.#mask = ready.length - 1;
    this.#head = 0;
  }

  #take(): Cell {
    const cell = this.#ready[this.#head]!;
    this.#ready[this.#head] = undefined;
    this.#head = (this.#head + 1) & this.#mask;
    this.#size -= 1;
    return cell;
  }

  /** Lets one actor that has something to do have its visit: the one at `index` in the line. For schedulers that choose. */
  step(index: number, messages: number): void {
    // The one chosen changes places with the first: who comes next is up to chance anyway.
    const at = (this.#head + index) & this.#mask;
    const chosen = this.#ready[at];
    this.#ready[at] = this.#ready[this.#head];
    this.#ready[this.#head] = chosen;
    this.left = messages;
    this.#take().visit();
    this.flush?.();
  }

  /** Begins a turn without waiting for one, if none is under way. `now`: what the clock said lately, if it was asked. */
  runNow(now?: number): void {
    if (!this.#running && this.#size > 0) this.#turn(now);
  }

  #schedule(): void {
    this.#scheduled = true;
    if (this.#running || this.#asked || this.driven) return;
    this.#asked = true;
    if (this.#hops < MOST_HOPS) {
      this.#hops += 1;
      this.host.soon(this.#soonTurn);
    } else {
      this.host.later(this.#freshTurn);
    }
  }

  readonly #soonTurn = (): void => {
    this.#asked = false;
    // A turn that didn't wait for this one has used up the slice.
    if (this.#size > 0 && this.#hops >= MOST_HOPS) this.#schedule();
    else this.#turn();
  };

  readonly #freshTurn = (): void => {
    this.#asked = false;
    this.#hops = 0;
    this.#seriesStart = this.host.now();
    this.#turn();
  };

  #turn(lately?: number): void {
    const { host } = this;
    this.#running = this.#scheduled = true;
    const start = lately === undefined || this.gauges?.wantsTimes === true ? host.now() : lately;
    // Turns that follow each other by microtasks share one slice. A series that began long ago and paused only costs one macrotask.
    if (this.#hops <= 1) this.#seriesStart = start;
    const { gauges } = this;
    if (gauges !== undefined) {
      this.timed = gauges.wantsTimes;
      gauges.beginTurn(start);
    }
    let lookEvery = Math.min(this.#lookEvery, FEW_BETWEEN_LOOKS);
    this.left = lookEvery;
    let last = start;
    while (this.#size > 0) {
      this.#visitNext();
      if (this.left > 0) continue;
      const now = host.now();
      // Twice as many if these took less than a sixteenth of the slice, so that the slice is never overrun by much.
      if (now - last < SLICE_MS / 16) lookEvery = Math.min(lookEvery * 2, MOST_BETWEEN_LOOKS);
      else lookEvery = Math.max(1, lookEvery >> 2);
      last = now;
      this.#dealDeferred(now);
      if (now - start > SLICE_MS) break;
      this.left = lookEvery;
    }
    this.#lookEvery = lookEvery;
    this.flush?.();
    if (this.wheel.hasDeferred || this.#deadlines.hasUndated) this.#dealDeferred(host.now());
    this.#running = this.#defers = false;
    if (gauges !== undefined) gauges.endTurn(this.timed ? host.now() - start : 0, this.processed);
    if (this.#size > 0 || this.#hops >= MOST_HOPS || last - this.#seriesStart > SLICE_MS) {
      // The next turn, now or when somebody has something to do, is a macrotask.
      this.#hops = MOST_HOPS;
    }
    this.#scheduled = this.#asked;
    if (this.#size > 0) this.#schedule();
  }

  /** Whatever fails outside of the actors' own code is the program's to hear of, and must not stand in the way of all others for ever. */
  #visitNext(): void {
    const cell = this.#take();
    try {
      cell.visit();
    } catch (error) {
      cell.queued = false;
      queueMicrotask(() => {
        throw error;
      });
    }
  }

  // ── Timers ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Calls `action` in `ms` milliseconds, unless the timer is cancelled. Returns its number, for `cancelTimer`. */
  after(ms: number, action: () => void): number {
    return this.wheel.table.numberOf(this.startTimer(this.#callbacks, action, ms));
  }

  /** Ends what `after` started. Returns false if it was over. */
  cancelTimer(timer: number): boolean {
    const { table } = this.wheel;
    const place = table.placeOf(timer);
    if (place === 0 || table.owners[place] !== this.#callbacks) return false;
    this.removeTimer(place);
    return true;
  }

  /** Starts a timer that is due in `ms` milliseconds; with `Infinity`, never. Returns its place in the wheel's table. */
  startTimer(owner: TimerOwner, content: unknown, ms: number): number {
    const place = this.wheel.table.take(owner, content);
    this.restartTimer(place, ms);
    return place;
  }

  /**
   * Starts a timer anew that doesn't run. `now`: what the clock has just said, if it was asked.
   *
   * To ask the clock costs more than all else that is done for a timer (40 ns, and 155 where it takes a system call). So only the first timer after a look at the clock has one of its own; those that
   * follow are *deferred*: their time begins with the next look, of which a turn has one at least every 0.3 ms or so, and at its end. That is later than their start, so none rings early,
   * however long a handler computes; and later by no more than what the actors did between. The wrong way round would be to take the time of the last look, as an event loop does: after
   * a second of computing, a limit of a second would be over at once.
   */
  restartTimer(place: number, ms: number, now?: number): void {
    if (ms === Infinity) return;
    const { wheel } = this;
    let from = now;
    if (from === undefined) {
      if (this.#defers) return wheel.defer(place, ms);
      from = this.host.now();
      this.#defers = this.#running;
    }
    // In the order of their start.
    if (wheel.hasDeferred) this.#dealDeferred(from);
    // An empty wheel may stand long ago.
    if (wheel.size === 0) wheel.advance(from);
    wheel.start(place, from + ms);
    if (from + ms < this.#alarm) this.#setAlarm(from + ms);
  }

  /** Ends a timer, whether it runs or not, and gives its place back. */
  removeTimer(place: number): void {
    // The alarm stays: it may ring for nothing, which costs less than setting it anew at each cancellation.
    this.wheel.stop(place);
    this.wheel.table.release(place);
  }

  /** After a look at the clock. */
  #dealDeferred(now: number): void {
    this.#defers = false;
    const { wheel } = this;
    if (wheel.hasDeferred) {
      if (wheel.size === 0) wheel.advance(now);
      const first = wheel.startDeferred(now);
      if (first < this.#alarm) this.#setAlarm(first);
    }
    if (this.#deadlines.hasUndated) this.#deadlines.date(now);
  }

  /** Has a question expire when the default timeout is over. Its time begins now; or, in a turn and if somebody `looksSoon` and calls `lookForDeadlines`, with the next look at the clock. */
  startDeadline(question: Due, looksSoon: boolean): void {
    this.#deadlines.add(question);
    if (!this.#running && !looksSoon) this.lookForDeadlines();
  }

  /** The question is settled. */
  endDeadline(question: Due): void {
    this.#deadlines.remove(question);
  }

  /** Looks at the clock if a question waits for that; the one that has been answered meanwhile doesn't. */
  lookForDeadlines(): void {
    if (this.#deadlines.hasUndated) this.#deadlines.date(this.host.now());
  }

  /** When the next timer is due, at the earliest; `undefined` if there is none. */
  get nextTimer(): number | undefined {
    return this.#alarm === Infinity ? undefined : this.#alarm;
  }

  #setAlarm(at: number): void {
    this.#alarm = at;
    this.host.alarm(at, this.#ring);
  }

  readonly #ring = (): void => {
    this.#alarm = Infinity;
    const { wheel } = this;
    wheel.advance(this.host.now());
    const { next } = wheel;
    if (next !== undefined && next < this.#alarm) this.#setAlarm(next);
    this.flush?.();
  };
}
