import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { JobDatabase, checkJobs } from '../src/command/database.ts';
import { LEASE_MS } from '../src/store/lease.ts';
import { Reader, type RunRow } from '../src/store/reads.ts';
import { type DatabaseSync, openDatabase } from '../src/store/sqlite.ts';
import { type Served, run, serve, temporaryFolder, until } from './program.ts';

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
    await until(() => freeze(first, db, false), 'it to be frozen outside of a commit');
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

test.skipIf(process.platform !== 'linux')(
  'a scheduler that is frozen in the midst of a commit is named to those who must wait for it, and goes on',
  async () => {
    const db = join(folder, 'frozen.db');
    const database = new JobDatabase(db, 'create');
    const jobs = Array.from({ length: 200 }, (_, index) => ({
      id: `job-${index}`,
      schedule: { every: 100 },
      run: { module: 'nothing.js' },
    }));
    database.add(checkJobs(jobs), false);
    database.close();
    const first = await serve(['--db', db], { timeout: 120_000 });
    const { pid } = first.child;
    await until(() => freeze(first, db, true), 'it to be frozen in a commit');
    const here = (...args: string[]): ReturnType<typeof run> => run([...args, '--db', db]);
    try {
      const advice = `was stopped while it wrote, and keeps the database locked. Let it go on with "kill -CONT ${pid}", or end it with "kill -9 ${pid}"`;
      const others = await Promise.all([
        here('serve', '--port', '0'),
        here('add', 'another', '--every', '1h', '--command', 'true'),
        here('pause', 'job-1'),
      ]);
      for (const { code, stderr } of others) {
        expect(stderr).toContain(`process ${pid} (`);
        expect(stderr).toContain(advice);
        expect(code).toBe(1);
      }
      // Who only reads isn't kept waiting.
      expect((await here('list')).stdout).toContain('job-199');
      expect((await here('history', '--limit', '1')).code).toBe(0);
    } finally {
      first.child.kill('SIGCONT');
    }
    await until(async () => (await first.get('api/health')).status === 200, 'it to go on');
    expect((await here('pause', 'job-1')).code).toBe(0);
    expect((await first.stop()).code).toBe(0);
  },
  120_000,
);

function isLocked(db: string): boolean {
  const database = openDatabase(db);
  try {
    database.exec('PRAGMA busy_timeout = 0; BEGIN IMMEDIATE; ROLLBACK');
    return false;
  } catch {
    return true;
  } finally {
    database.close();
  }
}

/** Freezes it in the midst of a commit, where it holds SQLite's own lock and nobody else writes either, or outside of one. Lets it go on otherwise. */
function freeze({ child }: Served, db: string, inCommit: boolean): boolean {
  child.kill('SIGSTOP');
  // Its threads stop one after the other, so what was seen once may have been on its way.
  if (isLocked(db) === inCommit && isLocked(db) === inCommit) return true;
  child.kill('SIGCONT');
  return false;
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
