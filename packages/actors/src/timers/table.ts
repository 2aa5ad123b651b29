/**
 * The timers of a thread, as columns of numbers: a program may have a million, and as objects they would be a million things for the garbage collector to copy, which is most of what
 * a timer costs (`benchmarks/NOTES.md`). A timer is a *place* in the columns; who holds on to one knows it by a number that is never another's.
 *
 * ```
 *  number of a timer = generation × 2²⁴ + place        the generation grows with each timer that has the place, so an old number finds nobody
 *
 *  words     8 to a place, as below                    owners, contents, keys, dues     one to a place
 *  places    0 … reserved - 1 are their user's own; free ones are linked by NEXT
 * ```
 *
 * | word | of a timer |
 * |---|---|
 * | `NEXT`, `PREVIOUS` | its neighbours in the slot of the wheel |
 * | `OLDER`, `YOUNGER` | its neighbours among its owner's; 0 for none |
 * | `GENERATION` | how many timers have had the place |
 * | `STATE` | where it lies in the wheel, if it does; how it is known to its owner |
 * | `KEY`, `CHAIN` | its key, if that is a whole number, and the next one in the index of those |
 */
const STRIDE_BITS = 3;
export const NEXT = 0;
export const PREVIOUS = 1;
export const OLDER = 2;
export const YOUNGER = 3;
const GENERATION = 4;
export const STATE = 5;
export const KEY = 6;
export const CHAIN = 7;

/** Where the words of a place begin. */
export function wordsOf(place: number): number {
  return place << STRIDE_BITS;
}

/** So many can run at once on one thread: they take a gigabyte. */
const MOST_PLACES = 2 ** 24;
/** A number that somebody kept over so many timers of the same place would find the wrong one: 2²⁹ × 2²⁴ are the numbers that JavaScript has. */
const LAST_GENERATION = 2 ** 29 - 1;
/** Columns longer than this become shorter again: when no timer is left, and a quarter would have been enough for those since the last such moment. */
const KEPT_PLACES = 1024;
const SPARE = 4;

/** Whose a timer is. */
export interface TimerOwner {
  /** Tells the owners' keys apart in the index. */
  readonly seed: number;
  /** The time has come of the timer at `place`. The wheel has let go of it; the place is its owner's until that gives it back. */
  due(place: number): void;
}

export class TimerTable {
  /** Another array after each `take` and `release`. */
  words: Int32Array;
  /** When it is due, by the wheel. */
  dues: Float64Array;
  readonly owners: (TimerOwner | undefined)[] = [];
  readonly contents: unknown[] = [];
  /** Those that are no whole numbers. */
  readonly keys: unknown[] = [];
  /** How many places are taken. */
  size = 0;
  readonly #reserved: number;
  #unused: number;
  #free = 0;
  /** Of places that have never been taken since the columns were made. */
  #firstGeneration = 0;

  constructor(reserved: number) {
    this.#reserved = this.#unused = reserved;
    this.words = new Int32Array(wordsOf(reserved));
    this.dues = new Float64Array(reserved);
    this.#resize(KEPT_PLACES);
  }

  /** Takes a place for a timer. Throws `RangeError` if there are 16 million. */
  take(owner: TimerOwner, content: unknown): number {
    let place = this.#free;
    if (place !== 0) this.#free = this.words[wordsOf(place) + NEXT]!;
    else {
      if (this.#unused === this.dues.length) this.#resize(this.#unused * 2);
      place = this.#unused;
      this.#unused += 1;
      this.words[wordsOf(place) + GENERATION] = this.#firstGeneration;
    }
    this.owners[place] = owner;
    this.contents[place] = content;
    this.size += 1;
    return place;
  }

  /** Gives a place back, and makes its number void. */
  release(place: number): void {
    const { words } = this;
    const at = wordsOf(place);
    words[at + GENERATION] = (words[at + GENERATION]! + 1) & LAST_GENERATION;
    words[at + STATE] = 0;
    words[at + NEXT] = this.#free;
    this.#free = place;
    this.owners[place] = undefined;
    this.contents[place] = undefined;
    this.size -= 1;
    if (this.size === 0 && this.dues.length > KEPT_PLACES) this.#empty();
  }

  /** The number of the timer at `place`. */
  numberOf(place: number): number {
    return this.words[wordsOf(place) + GENERATION]! * MOST_PLACES + place;
  }

  /** Where the timer with that number is, or 0 if there is none any more. */
  placeOf(number: number): number {
    const generation = Math.floor(number / MOST_PLACES);
    const place = number - generation * MOST_PLACES;
    return place < this.#unused &&
      place >= this.#reserved &&
      this.words[wordsOf(place) + GENERATION] === generation
      ? place
      : 0;
  }

  #resize(places: number): void {
    if (places > MOST_PLACES)
      throw new RangeError(`timers: ${this.size} run on this thread, and no more than ${MOST_PLACES} can`);
    const words = new Int32Array(wordsOf(places));
    words.set(this.words);
    this.words = words;
    const dues = new Float64Array(places);
    dues.set(this.dues);
    this.dues = dues;
    for (let n = this.owners.length; n < places; n++) {
      this.owners.push(undefined);
      this.contents.push(undefined);
      this.keys.push(undefined);
    }
  }

  /** No timer is left: the places are taken anew from the first, with generations that none of them has had. */
  #empty(): void {
    let last = this.#firstGeneration;
    for (let place = this.#reserved; place < this.#unused; place++)
      last = Math.max(last, this.words[wordsOf(place) + GENERATION]!);
    this.#firstGeneration = last;
    const places = Math.max(KEPT_PLACES, this.dues.length / SPARE);
    const shrinks = this.#unused <= places;
    this.#unused = this.#reserved;
    this.#free = 0;
    if (!shrinks) return;
    this.words = this.words.slice(0, wordsOf(places));
    this.dues = this.dues.slice(0, places);
    for (const column of [this.owners, this.contents, this.keys]) column.length = places;
  }
}
