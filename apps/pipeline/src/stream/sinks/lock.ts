// Keeps a second program away from an output: two would cut off each other's lines, and read the same files.

import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { openDatabase } from '../../store/sqlite.ts';
import { describe, Trouble } from '../../trouble.ts';

/** SQLite's code for a database that somebody else has locked. */
const BUSY = 5;

export interface Lock {
  release(): void;
}

/**
 * Locks an output by a file beside it. The lock is the operating system's, by way of SQLite: it is gone with the process, however that ended. Throws
 * `Trouble` if another program has it.
 */
export function lockOutput(path: string): Lock {
  const place = `${path}.lock`;
  try {
    const database = openDatabase(place);
    try {
      database.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE');
    } catch (error) {
      database.close();
      throw error;
    }
    return { release: () => database.close() };
  } catch (error) {
    const isBusy = error instanceof Error && 'errcode' in error && error.errcode === BUSY;
    throw new Trouble(
      isBusy
        ? `${path} is in use by another heddle-pipeline. Stop that one, or choose another output`
        : existsSync(dirname(place))
          ? `${place}: ${describe(error)}. It must be possible to create it`
          : `${path}: its folder does not exist. Make it, or choose another place`,
      { cause: error },
    );
  }
}
