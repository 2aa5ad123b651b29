// Keeps what a run prints: its beginning and its end, if it is much.

import { count } from '../count.ts';

/** Collects text within a bound. Half of the room is for the beginning, half for the end, since errors come last. */
export class Output {
  readonly #half: number;
  #head = '';
  #tail = '';
  #dropped = 0;

  constructor(limit: number) {
    this.#half = Math.max(1, Math.floor(limit / 2));
  }

  add(text: string): void {
    const room = this.#half - this.#head.length;
    if (room > 0) {
      this.#head += text.slice(0, room);
      text = text.slice(room);
    }
    if (text === '') return;
    this.#tail += text;
    // Cut seldom, or many small texts would be copied again and again.
    if (this.#tail.length > this.#half * 4) this.#cut();
  }

  #cut(): void {
    const excess = this.#tail.length - this.#half;
    if (excess <= 0) return;
    this.#dropped += excess;
    this.#tail = this.#tail.slice(excess);
  }

  /** Returns it, or null if there was none. */
  take(): string | null {
    this.#cut();
    const gap =
      this.#dropped === 0 ? '' : `\n… ${count(this.#dropped, 'character', 'characters')} left out …\n`;
    const text = `${this.#head}${gap}${this.#tail}`;
    // Half of a surrogate pair may stand at a cut, and SQLite wants UTF-8.
    return text === '' ? null : text.toWellFormed();
  }
}
