/**
 * Finds timers by their owner and a key that is a whole number, as of a request or a connection: chains through the table's own words, so that an actor with keys
 * needs no `Map` of its own, which costs more than all else of a timer.
 */
import { CHAIN, KEY, wordsOf } from './table.ts';
import type { TimerOwner, TimerTable } from './table.ts';

const FEWEST_CHAINS = 64;
/** 2³² divided by the golden ratio, to multiply by. Source: Knuth, "The Art of Computer Programming", 6.4. */
const GOLDEN = 0x9e37_79b1;
/** So many keys that follow each other, as numbers of requests do, have chains that follow each other: one line of the processor's cache. Groups of them are spread. */
const NEIGHBOURS = 16;
const NEIGHBOUR_BITS = 4;

export class KeyIndex {
  readonly #table: TimerTable;
  /** The first place of each chain; 0 for none. */
  #chains: Int32Array = new Int32Array(FEWEST_CHAINS);
  #shift: number = shiftFor(FEWEST_CHAINS);
  #size = 0;
  /** How many there were at once since there were none. */
  #most = 0;

  constructor(table: TimerTable) {
    this.#table = table;
  }

  /** Where the owner's timer of that key is, or 0. */
  find(owner: TimerOwner, key: number): number {
    const { words, owners } = this.#table;
    let place = this.#chains[this.#chainOf(owner, key)]!;
    while (place !== 0) {
      const at = wordsOf(place);
      if (words[at + KEY] === key && owners[place] === owner) return place;
      place = words[at + CHAIN]!;
    }
    return 0;
  }

  /** Makes the timer at `place` known by a key that no other of its owner has. */
  add(place: number, owner: TimerOwner, key: number): void {
    if (this.#size === this.#chains.length) this.#resize(this.#size * 2);
    this.#size += 1;
    if (this.#size > this.#most) this.#most = this.#size;
    this.#table.words[wordsOf(place) + KEY] = key;
    this.#link(place, this.#chainOf(owner, key));
  }

  /** Must be called before the place is given back. */
  remove(place: number): void {
    const { words, owners } = this.#table;
    const at = wordsOf(place);
    const chain = this.#chainOf(owners[place]!, words[at + KEY]!);
    const after = words[at + CHAIN]!;
    let each = this.#chains[chain]!;
    if (each === place) this.#chains[chain] = after;
    else {
      while (words[wordsOf(each) + CHAIN] !== place) each = words[wordsOf(each) + CHAIN]!;
      words[wordsOf(each) + CHAIN] = after;
    }
    this.#size -= 1;
    if (this.#size === 0) this.#empty();
  }

  /** After a burst the chains are given back step by step, as the table's columns. */
  #empty(): void {
    const { length } = this.#chains;
    if (length > FEWEST_CHAINS && this.#most <= length / 4) this.#resize(Math.max(FEWEST_CHAINS, length / 4));
    this.#most = 0;
  }

  #chainOf({ seed }: TimerOwner, key: number): number {
    const group = Math.imul((key >> NEIGHBOUR_BITS) ^ seed, GOLDEN) >>> this.#shift;
    return group * NEIGHBOURS + (key & (NEIGHBOURS - 1));
  }

  #link(place: number, chain: number): void {
    this.#table.words[wordsOf(place) + CHAIN] = this.#chains[chain]!;
    this.#chains[chain] = place;
  }

  #resize(chains: number): void {
    const { words, owners } = this.#table;
    const old = this.#chains;
    this.#chains = new Int32Array(chains);
    this.#shift = shiftFor(chains);
    for (let place of old) {
      while (place !== 0) {
        const at = wordsOf(place);
        const after = words[at + CHAIN]!;
        this.#link(place, this.#chainOf(owners[place]!, words[at + KEY]!));
        place = after;
      }
    }
  }
}

/** Leaves as many bits of a hash as there are groups of chains. */
function shiftFor(chains: number): number {
  return Math.clz32(chains / NEIGHBOURS) + 1;
}
