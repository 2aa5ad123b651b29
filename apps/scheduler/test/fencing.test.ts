import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobDatabase, checkJobs } from '../src/command/database.ts';
import { LEASE_MS } from '../src/store/lease.ts';
import { Reader, type RunRow } from '../src/store/reads.ts';
import { type DatabaseSync, openDatabase } from '../src/store/sqlite.ts';
import { type Served, serve, temporaryFolder, until } from './program.ts';

let folder: string;
beforeAll(() => {
  folder = temporaryFolder();
});
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(process.platform === 'win32')(
  'a scheduler that is frozen, and wakes up when another has taken over, writes nothing and begins nothing any more',
  async () => {
    const db = join(folder, 'fenced.db');
    const file = join(folder, 'ran.txt');
    const job = (id: string, schedule: object, ms: number): object => ({
      id,
      schedule,
      run: { module: 'jobs.js', export: 'noteSlowly', args: { file, ms } },
      missed: { policy: 'all', grace: '1s', limit: 1000 },
      overlap: 'queue',
      queueLimit: 1000,
      keep: 10_000,
    });
    const database = new JobDatabase(db, 'create');
    // One of them is always under way, so the first scheduler is frozen with a run that it will want to record.
    database.add(
      checkJobs([
        job('often', { every: 300 }, 10),
        job('under-way', { every: 500, mode: 'fixedDelay' }, 2000),
      ]),
      false,
    );
    database.close();
    const runs = (): RunRow[] => look(db, database => new Reader(database).runs({ limit: 10_000 }));
    const isDone = (token: number) => (): boolean =>
      runs().filter(run => run.token === token && run.state === 'succeeded').length >= 5;

    const first = await serve(['--db', db], { timeout: 120_000 });
    await until(isDone(1), 'the first to work');
    await until(
      () => runs().some(run => run.job === 'under-way' && run.state === 'running'),
      'a run under way',
    );
    await until(() => freeze(first, db), 'it to be frozen outside of a commit');
    const frozen = settledBy(runs());
    await until(() => look(db, leaseEnds) <= Date.now(), 'its lease to end', 2 * LEASE_MS);

    const second = await serve(['--db', db], { timeout: 120_000 });
    await until(isDone(2), 'the second to work');
    const before = new Map(runs().map(run => [run.id, run]));
    first.child.kill('SIGCONT');
    const ended = await first.ended;
    expect(ended.code).toBe(3);
    expect(ended.stderr).toContain('another scheduler has taken over this database');

    // The second goes on as if nothing had happened, and nothing that was over by then has changed.
    const more = runs().filter(run => run.token === 2 && run.state === 'succeeded').length;
    await until(
      () => runs().filter(run => run.token === 2 && run.state === 'succeeded').length > more + 2,
      'the second to go on',
    );
    expect((await second.stop()).code).toBe(0);
    const after = runs();
    for (const run of after) {
      if (settledBy([...before.values()]).has(run.id)) expect(run).toEqual(before.get(run.id));
      if (run.token === 1) expect(frozen).toContain(run.id);
      expect(['succeeded', 'queued', 'running']).toContain(run.state);
    }
    // What was recorded as finished before it was frozen, ran once.
    const began = readFileSync(file, 'utf8').trim().split('\n');
    for (const id of frozen)
      expect([id, began.filter(line => line.startsWith(`${id} `)).length]).toEqual([id, 1]);
    // And no time of the interval was left out.
    const times = after.filter(run => run.job === 'often').map(run => run.scheduledFor);
    times.sort((a, b) => a - b);
    for (let i = 1; i < times.length; i++) expect(times[i]! - times[i - 1]!).toBe(300);
  },
  120_000,
);

/** In the midst of a commit it would hold SQLite's own lock: then nobody else writes either, and there is nothing to show. */
function freeze({ child }: Served, db: string): boolean {
  child.kill('SIGSTOP');
  const database = openDatabase(db);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK');
    return true;
  } catch {
    child.kill('SIGCONT');
    return false;
  } finally {
    database.close();
  }
}

function settledBy(rows: readonly RunRow[]): Set<string> {
  return new Set(rows.filter(({ state }) => state === 'succeeded').map(({ id }) => id));
}

function leaseEnds(database: DatabaseSync): number {
  return Number(database.prepare('SELECT expires_at FROM lease').get()!['expires_at']);
}

function look<T>(path: string, ask: (database: DatabaseSync) => T): T {
  const database = openDatabase(path, { readOnly: true });
  try {
    return ask(database);
  } finally {
    database.close();
  }
}
