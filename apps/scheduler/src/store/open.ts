// Opens the scheduler's database: takes the lease, starts the thread that writes, and a connection to read through.

import { SimpleQueue, Thread } from '@heddle/core';
import type { Clock } from '../time/clock.ts';
import { takeLease } from './lease.ts';
import { Reader } from './reads.ts';
import { prepareDatabase } from './schema.ts';
import { explained, openDatabase } from './sqlite.ts';
import { type Batch, type Outcome, storeThread } from './store-thread.ts';
import { Store, type StoreOptions } from './store.ts';

export interface OpenStore {
  readonly store: Store;
  readonly reader: Reader;
  /** The lease's: higher than that of any scheduler before. */
  readonly token: number;
  /** Stores what waits, gives up the lease and closes. */
  close(): Promise<void>;
}

/** Opens it. Throws a `Trouble` if it can't be opened, or if another scheduler is running on it. */
export function openStore(
  path: string,
  options: Omit<StoreOptions, 'write'> & { clock: Clock; maxPages?: number },
): OpenStore {
  const database = explained(path, () => openDatabase(path));
  let token: number;
  try {
    token = explained(path, () => {
      prepareDatabase(database, path);
      return takeLease(database, path, options.clock.wall());
    });
  } catch (error) {
    database.close();
    throw error;
  }
  const inbox = new SimpleQueue<Batch>();
  const outbox = new SimpleQueue<Outcome>();
  const thread = new Thread(storeThread, {
    args: [path, token, inbox, outbox, options.maxPages ?? 0],
    name: 'store',
    daemon: true,
  }).start();
  let isClosing = false;
  thread.resultAsync().then(
    () => {},
    (error: unknown) => {
      // It runs no code of users, so this is a bug, or the machine's trouble. A batch may be stored or not: only a new start can tell.
      outbox.put({ error });
      if (!isClosing) options.onEnd(error);
    },
  );
  const store = new Store({
    ...options,
    async write(ops) {
      inbox.put({ ops });
      const outcome = await outbox.getAsync();
      if ('error' in outcome) throw outcome.error;
      return outcome.changes;
    },
  });
  return {
    store,
    reader: new Reader(database),
    token,
    async close() {
      await store.close();
      isClosing = true;
      inbox.put('close');
      await thread.joinAsync({ timeout: 30_000 });
      database.close();
    },
  };
}
