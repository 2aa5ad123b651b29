/**
 * Deadlines that are all equally far away when they begin, so that the first to begin is the first to end: a list, and one timer of the wheel for its head. Most questions have the default
 * timeout and are answered long before it; each costs two links here, where a timer of its own would cost as much as the rest of the question.
 *
 * ```
 *  first ─▶ due 5003 ─▶ due 5003 ─▶ due 5009 ─▶ undated ─▶ undated ◀─ last
 *  the timer rings for this one                 begun since the last look at the clock: their time begins with the next, so none ends early
 * ```
 *
 * The timer runs whenever there is a dated one, and stays when the list has become empty: it rings for nothing then, once in so long.
 */

export const NEVER = -1;
const UNDATED = 0;

/** What has a deadline. */
export interface Due {
  /** Its neighbours in the list. */
  earlier: Due | undefined;
  later: Due | undefined;
  /** At which whole millisecond its time is over; `UNDATED`, or `NEVER` before it is added. */
  due: number;
  /** Its time is over: it leaves the list. */
  expire(): void;
}

export class Deadlines {
  readonly #ms: number;
  readonly #ringIn: (ms: number, now: number, ring: () => void) => void;
  readonly #now: () => number;
  #first: Due | undefined = undefined;
  #last: Due | undefined = undefined;
  #armed = false;

  /** `ringIn` has `ring` called in so many milliseconds from `now`. */
  constructor(ms: number, now: () => number, ringIn: (ms: number, now: number, ring: () => void) => void) {
    this.#ms = ms;
    this.#now = now;
    this.#ringIn = ringIn;
  }

  /** Begins a deadline, whose time counts from the next `date`. */
  add(due: Due): void {
    const last = this.#last;
    due.due = UNDATED;
    due.earlier = last;
    if (last === undefined) this.#first = due;
    else last.later = due;
    this.#last = due;
  }

  /** Ends one that is in the list. */
  remove(due: Due): void {
    const { earlier, later } = due;
    if (earlier === undefined) this.#first = later;
    else earlier.later = later;
    if (later === undefined) this.#last = earlier;
    else later.earlier = earlier;
    due.earlier = due.later = undefined;
  }

  /** Whether some wait for a look at the clock. */
  get hasUndated(): boolean {
    return this.#last?.due === UNDATED;
  }

  /** After a look at the clock. */
  date(now: number): void {
    const at = Math.ceil(now + this.#ms);
    for (let due = this.#last; due !== undefined && due.due === UNDATED; due = due.earlier) due.due = at;
    if (!this.#armed && this.#first !== undefined) this.#arm(now);
  }

  #arm(now: number): void {
    this.#armed = true;
    this.#ringIn(this.#first!.due - now, now, this.#ring);
  }

  readonly #ring = (): void => {
    this.#armed = false;
    const now = this.#now();
    for (;;) {
      const first = this.#first;
      if (first === undefined || first.due === UNDATED) return;
      if (first.due > now) return this.#arm(now);
      first.expire();
    }
  };
}
