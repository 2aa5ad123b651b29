/**
 * The questions that have come to an actor and haven't been answered, in the order in which they came, linked through themselves: a set would hash each of them, and shrink and grow again
 * with each that comes alone.
 */
import type { OpenAsk } from './ask.ts';

export class Asks {
  #first: OpenAsk | undefined = undefined;
  #last: OpenAsk | undefined = undefined;

  get empty(): boolean {
    return this.#first === undefined;
  }

  /** Adds a question that is in no list. */
  add(ask: OpenAsk): void {
    const last = this.#last;
    ask.list = this;
    ask.before = last;
    if (last === undefined) this.#first = ask;
    else last.after = ask;
    this.#last = ask;
  }

  /** Takes a question of this list out. */
  remove(ask: OpenAsk): void {
    const { before, after } = ask;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    ask.list = ask.before = ask.after = undefined;
  }

  /** All of them, in an array of the caller's own. */
  all(): OpenAsk[] {
    const asks: OpenAsk[] = [];
    for (let ask = this.#first; ask !== undefined; ask = ask.after) asks.push(ask);
    return asks;
  }
}
