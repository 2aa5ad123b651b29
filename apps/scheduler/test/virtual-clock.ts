// A clock that tests set. Time passes only in `advance`; the wall's may jump besides.

import type { Clock } from '../src/time/clock.ts';

interface Timer {
  readonly at: number;
  readonly order: number;
  readonly call: () => void;
}

export class VirtualClock implements Clock {
  #now = 0;
  #offset: number;
  #order = 0;
  #timers: Timer[] = [];

  constructor(wall: number | string) {
    this.#offset = typeof wall === 'string' ? Date.parse(wall) : wall;
  }

  wall(): number {
    return Math.floor(this.#now + this.#offset);
  }

  monotonic(): number {
    return this.#now;
  }

  after(ms: number, call: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), order: (this.#order += 1), call };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter(each => each !== timer);
    };
  }

  /** Sets the wall's clock by so much; no time passes. */
  jump(ms: number): void {
    this.#offset += ms;
  }

  /** Nobody is waiting any more: the program that did is gone. */
  forget(): void {
    this.#timers = [];
  }

  /** Time passes while nobody looks. */
  jumpTogether(ms: number): void {
    this.#now += ms;
  }

  /** Lets time pass, timer by timer, with everything that follows from each. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms;
    await settle();
    for (;;) {
      const next = this.#timers
        .filter(timer => timer.at <= end)
        .sort((a, b) => a.at - b.at || a.order - b.order)[0];
      if (next === undefined) break;
      this.#timers = this.#timers.filter(timer => timer !== next);
      this.#now = Math.max(this.#now, next.at);
      next.call();
      await settle();
    }
    this.#now = end;
  }
}

/** Lets promises come to their end. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 3; turn++) await new Promise(resolve => setImmediate(resolve));
}
