// The account of one sender's lines: which are committed, which became dead letters, which were dropped. Word comes out of order; a sender
// is told only of what is complete up to some line. What it holds is bounded by how far threads overtake each other.

/** A line that wasn't stored, counted from 1. */
export interface Refused {
  readonly line: number;
  readonly error: string;
}

export type Outcome = 'committed' | 'dropped' | { readonly error: string };

/** So many errors are told; the others are counted. */
const MOST_REFUSED = 100;
const LOOK_AGAIN_MS = 1000;

export class Receipt {
  readonly origin: number;
  readonly #onChange: (receipt: Receipt) => void;
  readonly #beyond = new Set<number>();
  #put = 0;
  #settled = 0;
  #dropped = 0;
  #dead = 0;
  #refused: Refused[] = [];
  #waiting: (() => void)[] = [];
  #telling = false;

  constructor(origin: number, onChange: (receipt: Receipt) => void) {
    this.origin = origin;
    this.#onChange = onChange;
  }

  /** Numbers the next line. */
  next(): number {
    return this.#put++;
  }

  /** Lines taken in. */
  get lines(): number {
    return this.#put;
  }

  /** So many lines from the first on are settled: the sink has committed them, or they were dropped. */
  get settled(): number {
    return this.#settled;
  }

  get dropped(): number {
    return this.#dropped;
  }

  get dead(): number {
    return this.#dead;
  }

  get complete(): boolean {
    return this.#settled === this.#put;
  }

  /** Returns errors that haven't been returned yet. */
  takeRefused(): Refused[] {
    const refused = this.#refused;
    this.#refused = [];
    return refused;
  }

  /** Resolves when something has changed, or after a second: whoever waits may have to see that the sender has gone. */
  changed(): Promise<void> {
    return new Promise(resolve => {
      const timer = setTimeout(resolve, LOOK_AGAIN_MS);
      this.#waiting.push(() => {
        clearTimeout(timer);
        resolve();
      });
    });
  }

  settle(index: number, outcome: Outcome): void {
    if (outcome === 'dropped') this.#dropped += 1;
    else if (outcome !== 'committed') {
      this.#dead += 1;
      if (this.#refused.length < MOST_REFUSED) this.#refused.push({ line: index + 1, error: outcome.error });
    }
    this.#beyond.add(index);
    while (this.#beyond.delete(this.#settled)) this.#settled += 1;
    this.#tell();
  }

  /** Once for all that is settled in one go. */
  #tell(): void {
    if (this.#telling) return;
    this.#telling = true;
    queueMicrotask(() => {
      this.#telling = false;
      this.#onChange(this);
      for (const resolve of this.#waiting.splice(0)) resolve();
    });
  }
}
