// The lease: at most one instance of the scheduler writes to a database. Who takes it gets a token higher than all before; every transaction of the scheduler
// checks that its token is still the highest, so an instance that was stopped for a while and wakes up can't write any more, whatever it believes of the time.

import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { Trouble } from '../trouble.ts';
import { type DatabaseSync, transact } from './sqlite.ts';

/** How long a lease lasts that isn't renewed. */
export const LEASE_MS = 10_000;

interface Owner {
  readonly host: string;
  readonly pid: number;
  /** When the process began, in the kernel's own terms: a pid may be another process's by now. */
  readonly born: string;
}

/** Thrown where another instance has taken over. */
class FencedError extends Error {
  override readonly name: string = 'FencedError';
}

/** Tells whether an error is a `FencedError`, also when it came from another thread. */
export function isFenced(error: unknown): boolean {
  return error instanceof Error && error.name === 'FencedError';
}

function birth(pid: number): string {
  try {
    // The 22nd field; the second one is in parentheses and may hold anything.
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

function self(): Owner {
  return { host: hostname(), pid: process.pid, born: birth(process.pid) };
}

/** Whether it is certain that the owner lives no more. On other machines nothing is certain but the time. */
function isDead(owner: Owner): boolean {
  if (owner.host !== hostname()) return false;
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ESRCH';
  }
  return owner.born !== '' && birth(owner.pid) !== owner.born;
}

/** Takes the lease and returns its token. Throws a `Trouble` that names the holder, if there is one. */
export function takeLease(database: DatabaseSync, path: string, now: number): number {
  return transact(database, () => {
    const row = database.prepare('SELECT token, owner, expires_at AS expiresAt FROM lease').get();
    if (row !== undefined) {
      const owner = JSON.parse(String(row['owner'])) as Owner;
      const left = Number(row['expiresAt']) - now;
      // A lease from the future further away than any lease lasts was taken by a clock that was wrong.
      if (left > 0 && left <= LEASE_MS && !isDead(owner)) {
        throw new Trouble(
          `${path}: another scheduler (process ${owner.pid} on ${owner.host}) is running on this database. Stop it first, or wait ${Math.ceil(left / 1000)} s if it has died`,
          { kind: 'conflict' },
        );
      }
    }
    const token = Number(row?.['token'] ?? 0) + 1;
    database
      .prepare('INSERT OR REPLACE INTO lease (one, token, owner, expires_at) VALUES (1, ?, ?, ?)')
      .run(token, JSON.stringify(self()), now + LEASE_MS);
    return token;
  });
}

/** Throws `FencedError` if the token isn't the highest any more. To be called in each transaction. */
export function checkLease(database: DatabaseSync, token: number): void {
  const current = database.prepare('SELECT token FROM lease').get()?.['token'];
  if (current !== token) {
    throw new FencedError(
      `another scheduler has taken over this database (its token is ${String(current)}, ours ${token})`,
    );
  }
}

/** Extends it. In a transaction in which it was checked. */
export function renewLease(database: DatabaseSync, now: number): void {
  database.prepare('UPDATE lease SET expires_at = ?').run(now + LEASE_MS);
}

/** Gives it up, so that the next instance needn't wait. */
export function giveUpLease(database: DatabaseSync, token: number): void {
  database.prepare('UPDATE lease SET expires_at = 0 WHERE token = ?').run(token);
}
