/**
 * The children of a cell, in the order in which they were added, linked through the cells themselves: a set would cost a third of what else it costs to start and end an actor.
 * Not among a cell's `Bonds`, since of those many have children and nothing else.
 *
 * ```
 *  first ─▶ a ─after─▶ b ─after─▶ c ◀─ last        before: the other way
 * ```
 */
import type { Cell } from './cell.ts';

export class Siblings {
  #first: Cell | undefined = undefined;
  #last: Cell | undefined = undefined;
  size = 0;
  /** Those that have names of their own. */
  #names: Map<string, Cell> | undefined = undefined;
  /** The cells of supervised children of an earlier instance, by their ids: a child that is started again keeps its ref. */
  #former: Map<string, Cell> | undefined = undefined;

  has(cell: Cell): boolean {
    return this.#first === cell || cell.before !== undefined;
  }

  /** The child with that name of its own. */
  named(label: string): Cell | undefined {
    return this.#names?.get(label);
  }

  /** Remembers a child by its name. */
  name(label: string, child: Cell): void {
    (this.#names ??= new Map()).set(label, child);
  }

  /** Adds a child behind the others, unless it is there. */
  add(cell: Cell): void {
    if (this.has(cell)) return;
    const last = this.#last;
    if (last === undefined) this.#first = cell;
    else {
      last.after = cell;
      cell.before = last;
    }
    this.#last = cell;
    this.size += 1;
  }

  /** Takes a child out, and its name. */
  remove(child: Cell): void {
    const { before, after, label } = child;
    if (label !== undefined && this.named(label) === child) this.#names!.delete(label);
    if (!this.has(child)) return;
    if (before === undefined) this.#first = after;
    else before.after = after;
    if (after === undefined) this.#last = before;
    else after.before = before;
    child.before = child.after = undefined;
    this.size -= 1;
  }

  takeFormer(label: string | undefined, actor: unknown): Cell | undefined {
    if (label === undefined) return undefined;
    const cell = this.#former?.get(label);
    if (cell === undefined || cell.actor !== actor || this.named(label) !== undefined) return undefined;
    this.#former!.delete(label);
    this.add(cell);
    this.name(label, cell);
    return cell;
  }

  /** A supervised child has ended with its supervisor. */
  keepFormer(child: Cell): void {
    if (child.label !== undefined) (this.#former ??= new Map()).set(child.label, child);
  }

  /** The owner has ended: supervised children that had ended before it are former ones too. */
  retire(): void {
    if (this.size === 0) return;
    for (const child of this) {
      this.remove(child);
      if (child.supervised) this.keepFormer(child);
    }
  }

  /** The one that has been shown last may be deleted meanwhile; who deletes others takes a copy. */
  *[Symbol.iterator](): Generator<Cell> {
    for (let cell = this.#first; cell !== undefined;) {
      const { after } = cell as Cell;
      yield cell;
      cell = after;
    }
  }
}
