/**
 * Claims: who decides about a message that its sender may give up while it waits on another thread. The receiver claims it at the moment of delivery, the sender when it gives up; one of them
 * is first, and it is never both.
 *
 * | word | meaning | who leaves it, and how |
 * |---|---|---|
 * | 0 | decided, or not in use | its owner, the sending thread: stores the next turn |
 * | `turn` > 0 | open: of the send that uses the word in this turn | whoever exchanges it for 0: by that, the message is theirs |
 *
 * Words are used again and again, each time with the next turn; so a message that still lies somewhere when its sender has long given up doesn't find its own turn any more, and isn't delivered.
 */
import { SharedInt32Array } from '@heddle/core';

/** What travels with the message. */
export type Claim = readonly [words: SharedInt32Array, at: number, turn: number];

const WORDS = 64;
const LAST_TURN = 2 ** 31 - 1;

/** Decides; false if it has been decided already. */
export function take([words, at, turn]: Claim): boolean {
  return Atomics.compareExchange(words.view, at, turn, 0) === turn;
}

/** The words of one thread. */
export class Claims {
  readonly #free: (readonly [words: SharedInt32Array, at: number])[] = [];
  /** By chunk and word, see above. */
  readonly #turns = new Map<SharedInt32Array, number[]>();

  /** Opens one. */
  open(): Claim {
    if (this.#free.length === 0) this.#grow();
    const [words, at] = this.#free.pop()!;
    const turns = this.#turns.get(words)!;
    const turn = turns[at] === LAST_TURN ? 1 : turns[at]! + 1;
    turns[at] = turn;
    Atomics.store(words.view, at, turn);
    return [words, at, turn];
  }

  /** The send is settled. */
  close([words, at, turn]: Claim): void {
    // Nobody may take it any more: the next turn is somebody else's.
    Atomics.compareExchange(words.view, at, turn, 0);
    this.#free.push([words, at]);
  }

  #grow(): void {
    const words = new SharedInt32Array(WORDS);
    this.#turns.set(words, new Array<number>(WORDS).fill(0));
    for (let at = 0; at < WORDS; at++) this.#free.push([words, at]);
  }
}
