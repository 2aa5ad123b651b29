/** Things going wrong on purpose, by chance and seed: messages lost, late or out of order, and actors that crash at them. */
import { checkNames } from '../behavior/names.ts';
import { ACCEPTED, DROPPED } from '../mailbox/mailbox.ts';
import type { Mailbox, Offered } from '../mailbox/mailbox.ts';
import type { Cell } from '../runtime/cell.ts';
import { notPlainly } from '../runtime/cell/refusal.ts';
import { Envelope } from '../runtime/envelope.ts';

/** How likely each fault is for a message, from 0 to 1. */
export interface Faults {
  /** The message is lost, as a dead letter with reason `dropped`. */
  readonly drop?: number;
  /** It comes up to `delayMs` later, so it may be overtaken by its sender's next. */
  readonly delay?: number;
  /** Default: 100. */
  readonly delayMs?: number;
  /** It is put before all that wait, if there is room; one that takes the place of an older one with its key isn't. */
  readonly reorder?: number;
  /** The actor fails with `InjectedCrash` when it takes it. */
  readonly crash?: number;
  /** How likely a simulated thread dies at each step of the scheduler. */
  readonly threadDeath?: number;
  /** Which actors; all if omitted. */
  readonly only?: (path: string) => boolean;
}

const NAMES = [
  'drop',
  'delay',
  'delayMs',
  'reorder',
  'crash',
  'threadDeath',
  'only',
] satisfies (keyof Faults)[];
const CHANCES = ['drop', 'delay', 'reorder', 'crash', 'threadDeath'] as const;

/** Throws `TypeError` or `RangeError` naming the fault that is wrong. */
export function checkFaults(faults: Faults): void {
  if (typeof faults !== 'object' || faults === null)
    throw new TypeError(
      `TestSystem: faults must be an object of likelihoods, got ${String(faults)} (${typeof faults})`,
    );
  checkNames(faults, NAMES, 'TestSystem: faults');
  for (const name of CHANCES) {
    const chance = faults[name];
    if (chance !== undefined && !(typeof chance === 'number' && chance >= 0 && chance <= 1))
      throw new RangeError(
        `TestSystem: faults.${name} must be a likelihood from 0 to 1, got ${String(chance)} (${typeof chance})`,
      );
  }
  const { delayMs, only } = faults;
  if (delayMs !== undefined && !(typeof delayMs === 'number' && delayMs >= 0 && delayMs < Infinity))
    throw new RangeError(
      `TestSystem: faults.delayMs must be 0 or more milliseconds, got ${String(delayMs)} (${typeof delayMs})`,
    );
  if (only !== undefined && typeof only !== 'function')
    throw new TypeError(
      `TestSystem: faults.only must be a function of the actor's path, got ${String(only)} (${typeof only})`,
    );
}

/** What an actor fails with when a test wants it to. */
export class InjectedCrash extends Error {
  static {
    this.prototype.name = 'InjectedCrash';
  }
}

class Crashing extends Envelope {
  readonly #inner: unknown;

  constructor(inner: unknown) {
    super();
    this.#inner = inner;
  }

  override get content(): unknown {
    return this.#inner instanceof Envelope ? this.#inner.content : this.#inner;
  }

  override open(): undefined {
    // A tick that was cancelled meanwhile never comes, so nobody fails at it.
    if (this.#inner instanceof Envelope && this.#inner.open() === undefined) return undefined;
    throw new InjectedCrash('injected by the test');
  }

  override preview(): { readonly message: unknown } | undefined {
    return this.#inner instanceof Envelope ? this.#inner.preview() : { message: this.#inner };
  }

  override failed(error: unknown): void {
    if (this.#inner instanceof Envelope) this.#inner.failed(error);
  }

  override done(): void {
    if (this.#inner instanceof Envelope) this.#inner.done();
  }
}

export class FaultyMailbox implements Mailbox {
  readonly #inner: Mailbox;
  readonly #cell: Cell;
  readonly #faults: Faults;
  readonly #random: () => number;

  constructor(inner: Mailbox, cell: Cell, faults: Faults, random: () => number) {
    this.#inner = inner;
    this.#cell = cell;
    this.#faults = faults;
    this.#random = random;
  }

  offer(message: unknown): Offered {
    const { drop = 0, delay = 0, delayMs = 100, reorder = 0, crash = 0, only } = this.#faults;
    if (only?.(this.#cell.path) === false) return this.#inner.offer(message);
    if (this.#random() < drop) return DROPPED;
    if (this.#random() < crash) return this.#inner.offer(new Crashing(message));
    if (this.#random() < reorder && this.#inner.hasRoom() && this.#cell.options.mailbox?.key === undefined) {
      this.#inner.unshift(message);
      return ACCEPTED;
    }
    if (this.#random() < delay) {
      this.#cell.dispatcher.after(this.#random() * delayMs, () => {
        if (!this.#cell.open) return this.#cell.deadLetter(message, 'stopped');
        const outcome = this.#inner.offer(message);
        if (outcome !== ACCEPTED) notPlainly(this.#cell, message, outcome);
        this.#cell.wake();
      });
      return ACCEPTED;
    }
    return this.#inner.offer(message);
  }

  get size(): number {
    return this.#inner.size;
  }

  get blocks(): boolean {
    return this.#inner.blocks;
  }

  takeDisplaced(): unknown {
    return this.#inner.takeDisplaced();
  }

  shift(): unknown {
    return this.#inner.shift();
  }

  unshift(message: unknown): void {
    this.#inner.unshift(message);
  }

  hasRoom(): boolean {
    return this.#inner.hasRoom();
  }

  clear(): void {
    this.#inner.clear();
  }

  [Symbol.iterator](): Iterator<unknown> {
    return this.#inner[Symbol.iterator]();
  }
}
