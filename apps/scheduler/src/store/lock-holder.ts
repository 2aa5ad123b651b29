// Who keeps a database locked. SQLite's locks belong to processes, and Linux says which: without a name "the database is locked" helps nobody.

import { readFileSync, statSync } from 'node:fs';

/** The bytes that SQLite locks to write: in `-shm` where there is a write-ahead log, in the database itself where there is none. */
const WAL_WRITE = 120;
const PENDING = 0x40000000;

/** A process that has a database locked. */
export interface LockHolder {
  readonly pid: number;
  /** What it was started as; empty if that can't be seen. */
  readonly command: string;
  /** Whether it was stopped by a signal: then it holds the lock until it goes on, or is killed. */
  readonly isStopped: boolean;
}

/** Returns the process that writes to a database at the moment, if that can be found out: on Linux, for processes that are seen from here. */
export function lockHolder(path: string): LockHolder | undefined {
  try {
    const locks = readFileSync('/proc/locks', 'latin1').split('\n');
    const pid = writerOf(locks, `${path}-shm`, WAL_WRITE) ?? writerOf(locks, path, PENDING);
    if (pid === undefined) return undefined;
    const state = /^State:\s+(\S)/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1];
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').join(' ').trim();
    return { pid, command: command.slice(0, 200), isStopped: state === 'T' || state === 't' };
  } catch {
    // Another system, or it has ended meanwhile.
    return undefined;
  }
}

/** Lines are such as `5: POSIX  ADVISORY  WRITE 11110 fe:00:3465640 120 120`. */
function writerOf(locks: readonly string[], file: string, byte: number): number | undefined {
  const { ino } = statSync(file, { throwIfNoEntry: false }) ?? {};
  for (const line of locks) {
    const [, pid, inode, from, to] =
      /^\d+: POSIX\s+ADVISORY\s+WRITE\s+(\d+)\s+\w+:\w+:(\d+)\s+(\d+)\s+(\d+|EOF)$/.exec(line) ?? [];
    if (pid === undefined || Number(inode) !== ino) continue;
    if (Number(from) <= byte && (to === 'EOF' || Number(to) >= byte)) return Number(pid);
  }
  return undefined;
}
