// Runs the scheduler, kills it by `kill -9` at a random moment, again and again, and compares the accounts: what was to run, what the jobs themselves say they
// did, and what the database says of it.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { JobDatabase, checkJobs } from '../src/command/database.ts';
import { Reader, type RunRow } from '../src/store/reads.ts';
import { openDatabase } from '../src/store/sqlite.ts';
import { serve, start, until } from './program.ts';

export interface KillReport {
  readonly kills: number;
  /** Runs that had to come to a good end. */
  readonly due: number;
  readonly finished: number;
  /** Times that a job's function began. */
  readonly executions: number;
  /** Runs that began again because a kill interrupted them. */
  readonly repeated: number;
  readonly problems: readonly string[];
}

/** So many times more it is killed, at most, if it wasn't killed in the midst of work. */
const MORE = 20;

/** Runs of which each must happen: all times of a job that runs five times a second, and many jobs for one time each. */
const INTERVAL_MS = 200;
const ONCE = 300;

export async function killAgainAndAgain(
  folder: string,
  kills: number,
  random: () => number,
): Promise<KillReport> {
  const db = join(folder, 'kill.db');
  const file = join(folder, 'ran.txt');
  const problems: string[] = [];
  /** By then all are added. */
  const begin = Date.now() + 3000;
  const database = new JobDatabase(db, 'create');
  const missed = { policy: 'all', grace: '1s', limit: 10_000 } as const;
  database.add(
    checkJobs([
      {
        id: 'often',
        schedule: { every: INTERVAL_MS, startAt: begin },
        run: { module: 'jobs.js', export: 'noteSlowly', args: { file, ms: 30 } },
        overlap: 'queue',
        queueLimit: 10_000,
        missed,
        keep: 100_000,
      },
      ...Array.from({ length: ONCE }, (_, index) => ({
        id: `once-${index}`,
        schedule: { at: begin + Math.floor(random() * kills * 1200) },
        run: { module: 'jobs.js', export: 'noteSlowly', args: { file, ms: Math.floor(random() * 50) } },
        missed,
      })),
    ]),
    false,
  );
  database.close();
  if (Date.now() > begin) problems.push('adding the jobs took longer than it may');

  /** Runs that were recorded as finished when it was killed, and how often they had run. */
  const settled = new Map<string, number>();
  let interrupted = 0;
  let done = 0;
  while (done < kills || (interrupted === 0 && done < kills + MORE)) {
    done += 1;
    const started = start([
      'serve',
      '--db',
      db,
      '--jobs',
      new URL('jobs', import.meta.url).pathname,
      '--port',
      '0',
      '--workers',
      '3',
    ]);
    // From before it has begun to when it has worked for a while: however slow the machine is, most die with runs under way.
    const ready = started.says('ready after').catch(() => '');
    if (random() < 0.85) {
      await ready;
      const before = lines(file);
      const more = Math.floor(random() * 12);
      await until(() => lines(file) >= before + more, 'runs to begin', 10_000).catch(() => {});
      await new Promise(resolve => setTimeout(resolve, random() * 40));
    } else await new Promise(resolve => setTimeout(resolve, random() * 900));
    started.child.kill('SIGKILL');
    const { stderr, signal } = await started.ended;
    await ready;
    if (signal !== 'SIGKILL') problems.push(`it ended before it was killed: ${stderr.slice(-500)}`);
    if (!existsSync(db)) continue;
    const counts = count(file);
    for (const run of readRuns(db)) {
      if (run.state === 'succeeded' && !settled.has(run.id)) settled.set(run.id, counts.get(run.id) ?? 0);
      if (run.state !== 'succeeded' && counts.has(run.id)) interrupted += 1;
    }
  }

  // To the end: everything that is due by now has its turn.
  const end = Date.now();
  const served = await serve(['--db', db, '--workers', '8'], { timeout: 600_000 });
  const late = new JobDatabase(db, 'create');
  late.setPaused('often', true);
  late.close();
  await drained(db, end);
  const ended = await served.stop();
  if (ended.code !== 0) problems.push(`the last one ended with ${ended.code}: ${ended.stderr.slice(-500)}`);

  const runs = readRuns(db);
  const counts = count(file);
  const damage = check(db);
  if (damage !== 'ok') problems.push(`the database is damaged: ${damage}`);
  const finished = new Map(runs.filter(run => run.state === 'succeeded').map(run => [run.id, run]));
  const expected: string[] = [];
  for (let time = begin; time <= end; time += INTERVAL_MS)
    expected.push(`often@${new Date(time).toISOString()}`);
  for (const run of runs) if (run.job !== 'often') expected.push(run.id);
  if (runs.filter(run => run.job !== 'often').length !== ONCE)
    problems.push(`${runs.filter(run => run.job !== 'often').length} of ${ONCE} single runs are there`);
  for (const id of expected) {
    if (!finished.has(id))
      problems.push(`lost: ${id} is ${runs.find(run => run.id === id)?.state ?? 'not there'}`);
    else if (!counts.has(id))
      problems.push(`not done: ${id} is recorded as finished, and its function never began`);
  }
  for (const [id, times] of settled) {
    const after = counts.get(id) ?? 0;
    if (after !== times)
      problems.push(`repeated: ${id} was recorded as finished, and ran ${after - times} times more`);
  }
  for (const run of runs) {
    if (run.state !== 'succeeded') problems.push(`${run.id} is ${run.state}: ${run.error}`);
  }
  const executions = [...counts.values()].reduce((sum, each) => sum + each, 0);
  return {
    kills: done,
    due: expected.length,
    finished: finished.size,
    executions,
    repeated: [...counts.values()].filter(each => each > 1).length,
    problems: [...new Set(problems)],
  };
}

function lines(file: string): number {
  return existsSync(file) ? readFileSync(file, 'latin1').split('\n').length : 0;
}

/** How often each run began, by what the jobs themselves wrote. */
function count(file: string): Map<string, number> {
  const counts = new Map<string, number>();
  if (!existsSync(file)) return counts;
  for (const line of readFileSync(file, 'utf8').trim().split('\n')) {
    const id = line.split(' ')[0]!;
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  return counts;
}

function readRuns(db: string): RunRow[] {
  const database = openDatabase(db);
  try {
    return new Reader(database).runs({ limit: 1_000_000 });
  } finally {
    database.close();
  }
}

function check(db: string): string {
  const database = openDatabase(db);
  try {
    return String(database.prepare('PRAGMA integrity_check').get()!['integrity_check']);
  } finally {
    database.close();
  }
}

async function drained(db: string, end: number): Promise<void> {
  const database = openDatabase(db, { readOnly: true });
  try {
    const reader = new Reader(database);
    const until = performance.now() + 180_000;
    for (;;) {
      await new Promise(resolve => setTimeout(resolve, 200));
      const waits =
        reader.openRuns().length > 0 ||
        [...reader.jobs()].some(
          job => job.nextAt !== undefined && job.nextAt <= Math.max(end, Date.now() - 2000),
        );
      if (!waits || performance.now() > until) return;
    }
  } finally {
    database.close();
  }
}
