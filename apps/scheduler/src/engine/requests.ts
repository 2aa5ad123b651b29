// What the command line asks of a running scheduler, through the database. Each request goes in the same transaction as its effect, so it has it once.

import type { Reader } from '../store/reads.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { JobTable } from './job-table.ts';
import type { Journal } from './journal.ts';
import type { UserChanges } from './user-changes.ts';

export interface RequestsOptions {
  readonly reader: Reader;
  readonly journal: Journal;
  readonly table: JobTable;
  readonly dispatcher: Dispatcher;
  readonly changes: UserChanges;
}

export class Requests {
  readonly #options: RequestsOptions;
  #dataVersion = -1;
  /** The last one that was taken; its row may still be there. */
  #handled = 0;

  constructor(options: RequestsOptions) {
    this.#options = options;
  }

  /** Carries out those that have come since the last time. */
  take(): void {
    const { reader, journal } = this.#options;
    const version = reader.dataVersion();
    if (version === this.#dataVersion) return;
    this.#dataVersion = version;
    for (const { id, kind, target } of reader.requests()) {
      if (id <= this.#handled) continue;
      this.#handled = id;
      journal.write({ op: 'handled', request: id });
      this.#carryOut(kind, target);
    }
  }

  #carryOut(kind: 'job' | 'run' | 'cancel' | 'group', target: string): void {
    const { table, dispatcher, changes } = this.#options;
    switch (kind) {
      case 'job':
        table.reload(target);
        return;
      case 'group':
        table.reloadGroups();
        return;
      case 'cancel': {
        const run = dispatcher.open.get(target);
        if (run !== undefined) dispatcher.cancel(run);
        return;
      }
      case 'run': {
        const job = table.byId.get(target);
        if (job !== undefined) changes.addManual(job);
        return;
      }
      default:
      // Of a later version's command line: not understood, and gone.
    }
  }
}
