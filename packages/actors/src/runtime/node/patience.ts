/** `Patience`: whether a way of waiting is worth trying, by how it went lately. Written and read by one thread. */

/** After so many failures in a row it is tried only every so manyth time. */
const GIVE_UP_AFTER = 2;
const PROBE_EVERY = 32;

export class Patience {
  #vain = 0;
  #times = 0;

  /** Asked once before each try. */
  mayTry(): boolean {
    this.#times = (this.#times + 1) % PROBE_EVERY;
    return this.#vain < GIVE_UP_AFTER || this.#times === 0;
  }

  /** Whether it has been worthwhile lately. */
  get pays(): boolean {
    return this.#vain < GIVE_UP_AFTER;
  }

  learn(paid: boolean): void {
    if (paid) this.#vain = 0;
    else this.#vain += 1;
  }
}
