/** The questions that this thread has under way to others, by number, and what becomes of them when such a thread dies. */
import { exit } from '../../supervision/exit-reason.ts';
import type { Keeper, PendingAsk } from '../ask.ts';
import { MOST_SLOTS, NUMBERS_PER_GENERATION } from '../runtime.ts';
import type { Outbox } from './outbox.ts';

/** So many are remembered. */
const MOST_UNANSWERED = 1000;
/** Powers of two. An empty table longer than `KEPT_PLACES` is given back. */
const LEAST_PLACES = 64;
const KEPT_PLACES = 1024;

function empty(places: number): undefined[] {
  return new Array<undefined>(places).fill(undefined);
}

export class Questions implements Keeper {
  readonly #slot: number;
  readonly #outbox: () => Outbox;
  /**
   * By their numbers, without what these have in common, modulo its length. Numbers are given in turn, so the next place is free but for a question that is open since long ago, and
   * then that number is left out. A map would shrink and grow again with each question that is asked alone.
   */
  #asks: (PendingAsk | undefined)[] = empty(LEAST_PLACES);
  /** How many wait for an answer. */
  open = 0;
  /** Questions that were in the inbox when this thread took it over, by who asked. */
  readonly #seen = new Map<number, number[]>();
  /** Questions to threads that have died, of which isn't known yet whether they had been taken. */
  readonly #uncertain = new Map<number, { readonly successor: number; readonly asks: PendingAsk[] }>();
  /** Not from 0 in each generation: what a dead thread has asked may be answered yet, and must not be taken for an answer to its successor. */
  #count: number;
  /** Whom those were for that were settled without an answer: it may come yet. */
  readonly #unanswered = new Map<number, string>();

  constructor(slot: number, generation: number, outbox: () => Outbox) {
    this.#slot = slot;
    this.#count = generation * NUMBERS_PER_GENERATION;
    this.#outbox = outbox;
  }

  get(number: number): PendingAsk | undefined {
    const ask = this.#asks[this.#placeOf(number)];
    return ask?.number === number ? ask : undefined;
  }

  #placeOf(number: number): number {
    return (number / MOST_SLOTS) & (this.#asks.length - 1);
  }

  /** The number of a question that leaves this thread. */
  leaves(pending: PendingAsk): number {
    if (pending.number !== 0) return pending.number;
    if (this.open * 2 >= this.#asks.length) this.#resize(this.#asks.length * 2);
    let place: number;
    do {
      this.#count += 1;
      place = this.#count & (this.#asks.length - 1);
    } while (this.#asks[place] !== undefined);
    const number = this.#count * MOST_SLOTS + this.#slot;
    pending.number = number;
    pending.keeper = this;
    this.#asks[place] = pending;
    this.open += 1;
    return number;
  }

  /** Those that had places of their own have them in a longer one, too. */
  #resize(places: number): void {
    const asks = this.#asks;
    this.#asks = empty(places);
    for (const ask of asks) if (ask !== undefined) this.#asks[this.#placeOf(ask.number)] = ask;
  }

  /** It has its answer, or never gets one in time. */
  settled(ask: PendingAsk, answered: boolean): void {
    const { number } = ask;
    this.#asks[this.#placeOf(number)] = undefined;
    this.open -= 1;
    if (this.open === 0 && this.#asks.length > KEPT_PLACES) this.#resize(LEAST_PLACES);
    if (answered) return;
    this.#unanswered.set(number, ask.path);
    // The oldest is forgotten.
    if (this.#unanswered.size > MOST_UNANSWERED)
      this.#unanswered.delete(this.#unanswered.keys().next().value!);
  }

  /** Whose answer it is that comes too late; `''` if that isn't known any more. */
  late(number: number): string {
    const path = this.#unanswered.get(number) ?? '';
    this.#unanswered.delete(number);
    return path;
  }

  /** Remembers a question that this thread found in the inbox of its predecessor. */
  note(packed: unknown, form: boolean | number): void {
    if (typeof form === 'number') return this.noteNumber(form);
    const reply = (packed as { reply?: { slot?: unknown; ask?: unknown } } | null | undefined)?.reply;
    if (typeof reply?.slot === 'number' && typeof reply.ask === 'number') this.noteNumber(reply.ask);
  }

  /** As `note`, for one whose number is known. */
  noteNumber(number: number): void {
    const asker = number % MOST_SLOTS;
    const seen = this.#seen.get(asker);
    if (seen === undefined) this.#seen.set(asker, [number]);
    else seen.push(number);
  }

  /** All questions of a thread that its claims came after have been seen by now. */
  tellSeen(asker: number, successor: number): void {
    this.#outbox().post(asker, ['asksSeen', this.#slot, successor, this.#seen.get(asker) ?? []]);
    // At once: this thread may die of its next message.
    this.#outbox().send(asker);
    this.#seen.delete(asker);
  }

  /** Questions that the dead thread hadn't taken will be answered; its successor says which they are. */
  threadDied(slot: number, successor: number): void {
    const asks = this.#asks.filter(ask => ask?.slot === slot) as PendingAsk[];
    asks.sort((one, other) => one.number - other.number);
    this.#uncertain.set(slot, { successor, asks });
  }

  /** All questions that the thread hadn't taken when it died stood before our claims. The others have died with it. */
  seenBy(slot: number, successor: number, numbers: readonly number[]): void {
    const uncertain = this.#uncertain.get(slot);
    // A successor that has died as well: what it had seen, and what came since, is for the next one to say.
    if (uncertain?.successor !== successor) return;
    const seen = new Set(numbers.map(number => this.get(number)));
    this.#uncertain.delete(slot);
    for (const ask of uncertain.asks) if (!seen.has(ask)) ask.died(exit.threadDied);
  }
}
