// Notices when the machine's clock was set, by comparing it with one that can't be. A clock that is merely corrected drifts slowly and isn't a jump.

import type { Clock } from './clock.ts';

/** Less than this isn't a jump. */
const LEAST_MS = 1000;

export class JumpDetector {
  readonly #clock: Clock;
  #offset: number;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#offset = clock.wall() - clock.monotonic();
  }

  /** Returns by how many milliseconds the clock was set since the last call: negative if back, 0 if it wasn't. */
  look(): number {
    const offset = this.#clock.wall() - this.#clock.monotonic();
    const jump = offset - this.#offset;
    this.#offset = offset;
    return Math.abs(jump) < LEAST_MS ? 0 : jump;
  }
}

/** A clock that was set back by more than this was wrong before; Vixie's cron draws the line there too. */
const CORRECTION_MS = 3 * 3_600_000;

/**
 * Says whether a cron pattern shall go by the new time when the clock was set back. Vixie's rule: patterns whose minute or hour is `*` run often and go on as
 * the clock shows; those with fixed times don't run a second time when it passes them again.
 */
export function followsClock(pattern: string, backMs: number): boolean {
  if (backMs > CORRECTION_MS) return true;
  const fields = pattern.trim().split(/\s+/);
  const [minute = '', hour = ''] = fields.length >= 6 ? fields.slice(1) : fields;
  return minute.startsWith('*') || hour.startsWith('*') || pattern.trim() === '@hourly';
}
