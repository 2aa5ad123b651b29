// Ignores results that a transform thread repeats because the one before it died before it could say that they were delivered.

/**
 * Every worker's results are in order of `seq`, also across its threads, so what isn't newer than the newest of that worker is a repetition.
 */
export class Dedupe {
  readonly #newest = new Map<number, number>();

  /** Says whether a result is new. */
  accept({ worker, seq }: { readonly worker: number; readonly seq: number }): boolean {
    if (seq <= (this.#newest.get(worker) ?? 0)) return false;
    this.#newest.set(worker, seq);
    return true;
  }
}
