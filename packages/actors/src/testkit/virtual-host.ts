/** A platform in which time passes when a test says so, and nothing runs by itself. */
import type { Host } from '../runtime/host.ts';
import { seededRandom } from './random.ts';

/** What `wall()` says when `now()` says 0: the first millisecond of 2026, UTC. */
const EPOCH = Date.UTC(2026, 0, 1);

/** A time that several hosts can have in common. */
export interface Clock {
  now: number;
}

export class VirtualHost implements Host {
  readonly #clock: Clock;
  #alarm: { readonly at: number; readonly ring: () => void } | undefined;
  readonly random: () => number;
  /** How many waits would keep a real program running. */
  held = 0;

  constructor(seed: number, clock: Clock = { now: 0 }) {
    this.#clock = clock;
    this.random = seededRandom(seed);
  }

  now(): number {
    return this.#clock.now;
  }

  wall(): number {
    return EPOCH + this.#clock.now;
  }

  /** The test takes the turns itself. */
  soon(): void {}

  later(): void {}

  alarm(at: number | undefined, ring: () => void): void {
    this.#alarm = at === undefined ? undefined : { at, ring };
  }

  hold(): void {
    this.held += 1;
  }

  release(): void {
    this.held -= 1;
  }

  /** When the next alarm rings; `undefined` without one. */
  get next(): number | undefined {
    return this.#alarm?.at;
  }

  /** Moves the clock to `time`, never back, and rings the alarm if it is due. */
  moveTo(time: number): void {
    this.#clock.now = Math.max(this.#clock.now, time);
    const alarm = this.#alarm;
    if (alarm === undefined || alarm.at > this.#clock.now) return;
    this.#alarm = undefined;
    alarm.ring();
  }
}
