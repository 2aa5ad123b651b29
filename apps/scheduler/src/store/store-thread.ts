// The thread that writes: it alone waits for the disk, so that timers and requests don't.

import { type SimpleQueue, task } from '@heddle/core';
import { type Op, Writer } from './ops.ts';
import { giveUpLease } from './lease.ts';
import { openDatabase } from './sqlite.ts';

/** A batch to be one transaction, or the end. */
export type Batch = { readonly ops: readonly Op[] } | 'close';

/** What became of a batch. */
export type Outcome = { readonly changes: readonly number[] } | { readonly error: unknown };

/** Writes batch after batch, each as one transaction. */
export const storeThread: typeof run = task(import.meta, run);

function run(
  path: string,
  token: number,
  inbox: SimpleQueue<Batch>,
  outbox: SimpleQueue<Outcome>,
  maxPages: number,
): void {
  const database = openDatabase(path);
  if (maxPages > 0) database.exec(`PRAGMA max_page_count = ${maxPages}`);
  try {
    const writer = new Writer(database);
    for (;;) {
      const batch = inbox.get();
      if (batch === 'close') break;
      outbox.put(attempt(writer, batch.ops, token));
    }
    giveUpLease(database, token);
  } finally {
    database.close();
  }
}

function attempt(writer: Writer, ops: readonly Op[], token: number): Outcome {
  try {
    return { changes: writer.commit(ops, token) };
  } catch (error) {
    return { error };
  }
}
