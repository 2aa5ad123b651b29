/** Has actors shown to those who look from outside: one when it comes to be, all of a thread when somebody begins to look. */
import type { Cell } from '../runtime/cell.ts';
import type { Gauges } from './gauges.ts';

/** How many messages wait outside of a cell on this thread, for those that don't count them (`tally.ts`) because nobody looked when they began. */
export const outside: WeakMap<Cell, () => number> = new WeakMap<Cell, () => number>();

/** Shows an actor that isn't shown yet. */
export function showCell(cell: Cell, gauges: Gauges): void {
  if (cell.gauge !== -1) return;
  const { guardian } = cell.runtime.node ?? {};
  cell.gauge = gauges.add(cell, guardian !== undefined && cell.parent === guardian);
}

/** Shows it no longer. */
export function hideCell(cell: Cell): void {
  if (cell.gauge === -1) return;
  cell.runtime.gauges!.remove(cell.gauge);
  cell.gauge = -1;
}

/** Shows an actor and those below it as they are now. */
export function showTree(cell: Cell, gauges: Gauges): void {
  const left = [cell];
  for (let each = left.pop(); each !== undefined; each = left.pop()) {
    if (!each.alive) continue;
    showCell(each, gauges);
    gauges.show(each);
    const count = outside.get(each);
    if (count !== undefined) gauges.waitElsewhere(each.gauge, count());
    for (const child of each.knownChildren ?? []) left.push(child);
  }
}
