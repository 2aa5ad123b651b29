// Groups of jobs: how many runs of one go on at a time, whether it rests, and how many jobs it has. A group is there as long as a job names it, or
// something is set for it.

import type { GroupRow } from '../store/reads.ts';

export class Groups {
  #settings = new Map<string, GroupRow>();
  readonly #sizes = new Map<string, number>();
  /** In order; made when they are asked for. */
  #names: readonly string[] | undefined;

  /** How many of its runs may go on at a time. */
  room(name: string): number {
    const settings = this.#settings.get(name);
    if (settings === undefined) return Infinity;
    return settings.paused ? 0 : (settings.most ?? Infinity);
  }

  isPaused(name: string | undefined): boolean {
    return name !== undefined && this.#settings.get(name)?.paused === true;
  }

  /** Takes over what is set now. Returns the groups that rest and didn't, or did and don't any more. */
  replace(rows: readonly GroupRow[]): Set<string> {
    const before = this.#settings;
    this.#names = undefined;
    this.#settings = new Map(rows.map(row => [row.name, row]));
    const names = new Set([...before.keys(), ...this.#settings.keys()]);
    return new Set([...names].filter(name => (before.get(name)?.paused === true) !== this.isPaused(name)));
  }

  /** A job has come into a group, or left it. */
  count(name: string | undefined, by: 1 | -1): void {
    if (name === undefined) return;
    const size = (this.#sizes.get(name) ?? 0) + by;
    if (size === 0 || size === by) this.#names = undefined;
    if (size === 0) this.#sizes.delete(name);
    else this.#sizes.set(name, size);
  }

  /** By name, the first `most` of those after `after`. */
  list(most: number, after = ''): (GroupRow & { readonly jobs: number })[] {
    this.#names ??= [...new Set([...this.#sizes.keys(), ...this.#settings.keys()])].sort();
    const from = after === '' ? 0 : this.#names.findIndex(name => name > after);
    const names = from < 0 ? [] : this.#names.slice(from, from + most);
    return names.map(name => ({
      name,
      most: this.#settings.get(name)?.most ?? null,
      paused: this.isPaused(name),
      jobs: this.#sizes.get(name) ?? 0,
    }));
  }
}
