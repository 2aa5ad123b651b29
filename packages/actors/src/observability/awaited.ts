/** Shows how many messages wait in shared memory for actors that are between two lives, or not there yet. */
import type { Cell } from '../runtime/cell.ts';
import type { Runtime } from '../runtime/runtime.ts';

export class Awaited {
  readonly #runtime: Runtime;
  readonly #cells: ReadonlyMap<number, Cell>;
  /** Records of actors that aren't there. */
  readonly #records = new Map<number, number>();

  constructor(runtime: Runtime, cells: ReadonlyMap<number, Cell>) {
    this.#runtime = runtime;
    this.#cells = cells;
  }

  /** So many wait for the actor now. */
  count(id: number, count: number): void {
    const { gauges } = this.#runtime;
    if (gauges === undefined) return;
    const own = this.#cells.get(id)?.gauge ?? -1;
    let record = this.#records.get(id);
    if (own !== -1) gauges.waitElsewhere(own, count);
    else if (count > 0) {
      if (record === undefined) this.#records.set(id, (record = gauges.expect(id)));
      return gauges.waitElsewhere(record, count);
    }
    if (record === undefined) return;
    this.#records.delete(id);
    gauges.remove(record);
  }
}
