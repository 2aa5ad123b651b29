/**
 * A hierarchical timing wheel: starting and cancelling a timer are a few stores, whatever the number of timers, and a timer that is cancelled before
 * it is due, as most are, is never sorted. One millisecond a tick; timers never fire early, and those of one tick fire in the order of their
 * start. Source: Varghese and Lauck, "Hashed and Hierarchical Timing Wheels".
 *
 * ```
 *  level 0   64 slots of 1 ms        a timer lies in the lowest level whose 64 slots, as they stand, contain its tick;
 *  level 1   64 slots of 64 ms       when the wheel comes to its slot, it is dealt anew to the level below
 *  level 2   64 slots of 4.1 s
 *  …
 *  level 6   64 slots of 2.2 years
 * ```
 *
 * A slot is a ring of timers through a place of the table that is its head. One more ring holds the *deferred*: those whose time counts from the next look at the clock.
 */
import { NEXT, PREVIOUS, STATE, TimerTable, wordsOf } from './table.ts';

const BITS = 6;
const SLOTS = 1 << BITS;
const LEVELS = 7;
const SPANS: readonly number[] = Array.from({ length: LEVELS + 1 }, (_, level) => 2 ** (BITS * level));
/** To multiply by, which is exact for powers of two and faster than to divide. */
const PER_SPAN: readonly number[] = SPANS.map(span => 1 / span);
/** Heads of the slots of level 0, 1, …; then that of the deferred. */
const DEFERRED_HEAD = LEVELS * SLOTS;
/** Up to here ticks can be compared bit by bit. */
const LAST_OF_32_BITS = 0x7fff_ffff;

/** In `STATE`: it lies in a slot. */
const RUNS = 1;
/** In `STATE`: it is among the deferred. */
const DEFERRED = 2;
/** The first bit that the wheel leaves to others. */
export const NOT_OF_THE_WHEEL = 4;

export class TimerWheel {
  readonly table: TimerTable = new TimerTable(DEFERRED_HEAD + 1);
  /** Levels that may hold timers. */
  readonly #used = new Uint8Array(LEVELS);
  /** All ticks up to this one have fired, but for timers started since. */
  #tick = 0;
  /** How many timers run, without the deferred. */
  size = 0;

  /** Begins at `now` milliseconds. */
  constructor(now: number) {
    this.#tick = Math.floor(now);
    for (let head = 0; head <= DEFERRED_HEAD; head++) makeRing(this.table.words, head);
  }

  /** Starts the timer at `place`, which doesn't run: it fires when `advance` is called with a time of at least `at`. */
  start(place: number, at: number): void {
    const { table } = this;
    const tick = Math.max(Math.ceil(at), this.#tick);
    table.dues[place] = tick;
    table.words[wordsOf(place) + STATE]! |= RUNS;
    this.size += 1;
    this.#insert(place, tick);
  }

  /** Starts the timer at `place`, `ms` milliseconds after the time of the next `startDeferred`. */
  defer(place: number, ms: number): void {
    const { words } = this.table;
    this.table.dues[place] = ms;
    words[wordsOf(place) + STATE]! |= DEFERRED;
    link(words, place, DEFERRED_HEAD);
  }

  /** Whether there are any. */
  get hasDeferred(): boolean {
    return this.table.words[wordsOf(DEFERRED_HEAD) + NEXT] !== DEFERRED_HEAD;
  }

  /** Starts those that were deferred, in the order of their start; returns when the first of them is due. */
  startDeferred(now: number): number {
    const { words, dues } = this.table;
    let place = words[wordsOf(DEFERRED_HEAD) + NEXT]!;
    makeRing(words, DEFERRED_HEAD);
    let first = Infinity;
    while (place !== DEFERRED_HEAD) {
      const at = wordsOf(place);
      const next = words[at + NEXT]!;
      words[at + STATE]! &= ~DEFERRED;
      const due = now + dues[place]!;
      if (due < first) first = due;
      this.start(place, due);
      place = next;
    }
    return first;
  }

  /** Stops the timer at `place`, if it runs. The place stays taken. */
  stop(place: number): void {
    const { words } = this.table;
    const at = wordsOf(place);
    const state = words[at + STATE]!;
    if ((state & (RUNS | DEFERRED)) === 0) return;
    if ((state & RUNS) !== 0) this.size -= 1;
    words[at + STATE] = state & ~(RUNS | DEFERRED);
    unlink(words, at);
  }

  /** Fires everything due at `now`, in the order of the ticks; owners may start and stop timers meanwhile. */
  advance(now: number): void {
    const { table } = this;
    const target = Math.floor(now);
    for (;;) {
      const next = this.size === 0 ? Infinity : this.#nextTurn();
      if (next > target) {
        if (target > this.#tick) this.#tick = target;
        return;
      }
      this.#tick = next;
      for (let level = LEVELS - 1; level > 0; level--) {
        if (Number.isInteger(next / SPANS[level]!)) this.#deal(level);
      }
      const head = next % SLOTS;
      for (;;) {
        const place = table.words[wordsOf(head) + NEXT]!;
        if (place === head) break;
        this.stop(place);
        table.owners[place]!.due(place);
      }
    }
  }

  /** A time before which nothing fires: when to call `advance` again. `undefined` if no timer runs. */
  get next(): number | undefined {
    return this.size === 0 ? undefined : this.#nextTurn();
  }

  /** The first tick from now on at which a slot of level 0 fires or one above is dealt anew. */
  #nextTurn(): number {
    const { words } = this.table;
    let best = Infinity;
    for (let level = 0; level < LEVELS; level++) {
      if (this.#used[level] === 0) continue;
      const span = SPANS[level]!;
      // A slot above level 0 has its turn at its beginning. The current one had it, unless we stand exactly there.
      const begin = Math.ceil(this.#tick / span);
      let found = false;
      for (let n = 0; n < SLOTS && !found; n++) {
        const head = level * SLOTS + ((begin + n) % SLOTS);
        found = words[wordsOf(head) + NEXT] !== head;
        if (found) best = Math.min(best, (begin + n) * span);
      }
      if (!found) this.#used[level] = 0;
    }
    return best;
  }

  #deal(level: number): void {
    const { words, dues } = this.table;
    const head = level * SLOTS + (Math.floor(this.#tick / SPANS[level]!) % SLOTS);
    let place = words[wordsOf(head) + NEXT]!;
    makeRing(words, head);
    while (place !== head) {
      const next = words[wordsOf(place) + NEXT]!;
      this.#insert(place, dues[place]!);
      place = next;
    }
  }

  #insert(place: number, tick: number): void {
    // A level takes only what lies in the same slot of the level above. So a slot is dealt before anything is put directly where it is dealt to, and
    // timers of one tick stay in the order of their start.
    let level = 0;
    let slot: number;
    if (tick <= LAST_OF_32_BITS) {
      // The highest bit in which the tick differs from the present says which level that is.
      const differs = tick ^ this.#tick;
      if (differs !== 0) level = ((31 - Math.clz32(differs)) / BITS) | 0;
      slot = (tick >> (level * BITS)) % SLOTS;
    } else {
      while (
        level < LEVELS - 1 &&
        Math.floor(tick * PER_SPAN[level + 1]!) !== Math.floor(this.#tick * PER_SPAN[level + 1]!)
      ) {
        level += 1;
      }
      const furthest = Math.floor(this.#tick * PER_SPAN[level]!) + SLOTS - 1;
      slot = Math.min(Math.floor(tick * PER_SPAN[level]!), furthest) % SLOTS;
    }
    this.#used[level] = 1;
    link(this.table.words, place, level * SLOTS + slot);
  }
}

function makeRing(words: Int32Array, head: number): void {
  const at = wordsOf(head);
  words[at + NEXT] = words[at + PREVIOUS] = head;
}

/** Puts a place at the end of a ring. */
function link(words: Int32Array, place: number, head: number): void {
  const at = wordsOf(place);
  const end = wordsOf(head) + PREVIOUS;
  const last = words[end]!;
  words[at + PREVIOUS] = last;
  words[at + NEXT] = head;
  words[wordsOf(last) + NEXT] = place;
  words[end] = place;
}

function unlink(words: Int32Array, at: number): void {
  const next = words[at + NEXT]!;
  const previous = words[at + PREVIOUS]!;
  words[wordsOf(previous) + NEXT] = next;
  words[wordsOf(next) + PREVIOUS] = previous;
}
