/** Crews for replays: one is used again as long as all of its threads came home. */
import type { Crew } from './crew.ts';

/** Hands out crews, fresh ones where it matters. */
export class Casts {
  #present: Crew;
  #next: Crew | undefined;
  #worn = false;
  readonly #create: () => Crew;
  readonly #ahead: boolean;

  /** `ahead`: the next crew comes up while the present one plays, because most will be worn. */
  constructor(first: Crew, create: () => Crew, ahead: boolean) {
    this.#ahead = ahead;
    this.#present = first;
    this.#create = create;
  }

  /** Marks the present crew as one that mustn't play again. */
  wear(): void {
    this.#worn = true;
  }

  /** The crew to play with; a fresh one if the last was worn. */
  async crew(): Promise<Crew> {
    if (!this.#worn) return this.#present;
    this.#worn = false;
    await this.#present.dispose();
    this.#present = this.#next ?? this.#create();
    this.#next = this.#ahead ? this.#create() : undefined;
    return this.#present;
  }

  async dispose(): Promise<void> {
    await Promise.all([this.#present.dispose(), this.#next?.dispose()]);
  }
}
