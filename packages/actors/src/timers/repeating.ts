/** What a timer that ticks more than once knows of its schedule. */
import type { Host } from '../runtime/host.ts';
import type { Schedule } from './schedule.ts';

/** How it goes on after a tick. */
type Kind = 'fixedDelay' | 'fixedRate' | 'cron';

export class Repeating {
  readonly kind: Kind;
  readonly ms: number;
  readonly message: unknown;
  readonly #schedule: Schedule | undefined;
  /** When the last tick was due: by the monotonic clock, or for cron by the wall's. */
  #due = -Infinity;

  constructor(kind: Kind, ms: number, message: unknown, schedule?: Schedule) {
    this.kind = kind;
    this.ms = ms;
    this.message = message;
    this.#schedule = schedule;
  }

  /** In how many milliseconds the next tick is due; `undefined` if there is none. `now`: what `host.now()` says, where it matters. */
  nextDelay(host: Host, now: number | undefined): number | undefined {
    if (this.kind === 'fixedDelay') return this.ms;
    if (this.kind === 'fixedRate') return this.#nextByRate(now!);
    const wall = host.wall();
    // The two clocks differ a little: a tick that came early must not be due again at once.
    const at = this.#schedule!.nextAfter(Math.max(wall, this.#due));
    if (at === undefined) return undefined;
    this.#due = at;
    return Math.max(0, at - wall);
  }

  #nextByRate(now: number): number {
    this.#due = (this.#due === -Infinity ? now : this.#due) + this.ms;
    // Ticks that are over are left out, and the next is on the schedule again.
    if (this.#due < now) this.#due += Math.floor((now - this.#due) / this.ms + 1) * this.ms;
    return this.#due - now;
  }
}
