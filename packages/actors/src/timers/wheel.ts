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
 */
const BITS = 6;
const SLOTS = 1 << BITS;
const LEVELS = 7;
const SPANS: readonly number[] = Array.from({ length: LEVELS + 1 }, (_, level) => 2 ** (BITS * level));
/** To multiply by, which is exact for powers of two and faster than to divide. */
const PER_SPAN: readonly number[] = SPANS.map(span => 1 / span);

/** A timer that is running, or has been. */
export class WheelTimer {
  /** @internal */ next: WheelTimer | undefined = undefined;
  /** @internal */ previous: WheelTimer | undefined = undefined;
  /** @internal */ slot = -1;
  /** @internal */ tick = 0;
  readonly action: (timer: WheelTimer) => void;

  /** `action` is called with the timer when it fires: many can share one. */
  constructor(action: (timer: WheelTimer) => void) {
    this.action = action;
  }

  /** Whether it will fire. */
  get running(): boolean {
    return this.slot !== -1;
  }
}

interface Slot {
  first: WheelTimer | undefined;
  last: WheelTimer | undefined;
}

export class TimerWheel {
  readonly #slots: Slot[] = Array.from({ length: LEVELS * SLOTS }, () => ({
    first: undefined,
    last: undefined,
  }));
  readonly #counts = new Int32Array(LEVELS);
  /** All ticks up to this one have fired, but for timers started since. */
  #tick = 0;
  /** How many timers run. */
  size = 0;

  /** Begins at `now` milliseconds. */
  constructor(now: number) {
    this.#tick = Math.floor(now);
  }

  /** Starts a timer that fires when `advance` is called with a time of at least `at`. */
  start(timer: WheelTimer, at: number): void {
    if (timer.slot !== -1) this.cancel(timer);
    timer.tick = Math.max(Math.ceil(at), this.#tick);
    this.size += 1;
    this.#insert(timer);
  }

  /** Returns false if it wasn't running. */
  cancel(timer: WheelTimer): boolean {
    if (timer.slot === -1) return false;
    this.#remove(timer);
    this.size -= 1;
    return true;
  }

  /** Fires everything due at `now`, in the order of the ticks; an action may start and cancel timers. */
  advance(now: number): void {
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
      const slot = this.#slots[next % SLOTS]!;
      for (let timer = slot.first; timer !== undefined; timer = slot.first) {
        this.#remove(timer);
        this.size -= 1;
        timer.action(timer);
      }
    }
  }

  /** A time before which nothing fires: when to call `advance` again. `undefined` if no timer runs. */
  get next(): number | undefined {
    return this.size === 0 ? undefined : this.#nextTurn();
  }

  /** The first tick from now on at which a slot of level 0 fires or one above is dealt anew. */
  #nextTurn(): number {
    let best = Infinity;
    for (let level = 0; level < LEVELS; level++) {
      if (this.#counts[level] === 0) continue;
      const span = SPANS[level]!;
      // A slot above level 0 has its turn at its beginning. The current one had it, unless we stand exactly there.
      const begin = Math.ceil(this.#tick / span);
      for (let n = 0; n < SLOTS; n++) {
        if (this.#slots[level * SLOTS + ((begin + n) % SLOTS)]!.first === undefined) continue;
        best = Math.min(best, (begin + n) * span);
        break;
      }
    }
    return best;
  }

  #deal(level: number): void {
    const slot = this.#slots[level * SLOTS + (Math.floor(this.#tick / SPANS[level]!) % SLOTS)]!;
    let timer = slot.first;
    slot.first = slot.last = undefined;
    while (timer !== undefined) {
      const { next } = timer;
      this.#counts[level]! -= 1;
      timer.next = timer.previous = undefined;
      this.#insert(timer);
      timer = next;
    }
  }

  #insert(timer: WheelTimer): void {
    let level = 0;
    // A level takes only what lies in the same slot of the level above. So a slot is dealt before anything is put directly where it is dealt to, and
    // timers of one tick stay in the order of their start.
    while (
      level < LEVELS - 1 &&
      Math.floor(timer.tick * PER_SPAN[level + 1]!) !== Math.floor(this.#tick * PER_SPAN[level + 1]!)
    ) {
      level += 1;
    }
    const furthest = Math.floor(this.#tick * PER_SPAN[level]!) + SLOTS - 1;
    const position = Math.min(Math.floor(timer.tick * PER_SPAN[level]!), furthest);
    timer.slot = level * SLOTS + (position % SLOTS);
    const slot = this.#slots[timer.slot]!;
    this.#counts[level]! += 1;
    timer.previous = slot.last;
    if (slot.last === undefined) slot.first = timer;
    else slot.last.next = timer;
    slot.last = timer;
  }

  #remove(timer: WheelTimer): void {
    const slot = this.#slots[timer.slot]!;
    this.#counts[timer.slot >> BITS]! -= 1;
    if (timer.previous === undefined) slot.first = timer.next;
    else timer.previous.next = timer.next;
    if (timer.next === undefined) slot.last = timer.previous;
    else timer.next.previous = timer.previous;
    timer.next = timer.previous = undefined;
    timer.slot = -1;
  }
}
