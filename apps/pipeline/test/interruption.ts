// Interrupts runs with Ctrl-C's signal at random moments, and says what isn't right about how they ended.

import { existsSync, rmSync, statSync } from 'node:fs';
import type { IndexReport } from '../src/index-report.ts';
import { countRows, damage, type Ended, look, start } from './program.ts';

export interface InterruptedRun {
  /** `before`: the signal came before the program had begun to listen; `after`: when it had finished. */
  readonly moment: 'before' | 'during' | 'after';
  readonly delayMs: number;
  /** From the signal to the end of the process. */
  readonly endMs: number;
  readonly found: number;
  readonly taken: number;
  readonly problems: readonly string[];
}

/** Starts a run, sends SIGINT after `delayMs`, and examines the end. */
export async function interrupt(
  args: readonly string[],
  db: string,
  delayMs: number,
): Promise<InterruptedRun> {
  const { child, ended } = start([...args, '--db', db, '--json']);
  let signalled = performance.now();
  const timer = setTimeout(() => {
    signalled = performance.now();
    child.kill('SIGINT');
  }, delayMs);
  const last = await ended;
  clearTimeout(timer);
  const endMs = performance.now() - signalled;
  const report = readReport(last.stdout);
  // Node listens no more while it takes itself down, which may take a while on a busy machine: then Ctrl-C ends a process that has done all, and said so.
  const late =
    last.signal === 'SIGINT' && report?.outcome === 'complete' && !last.stderr.includes('Interrupted');
  const end = late ? { ...last, code: 0, signal: null } : last;
  const problems = [...problemsOf(end, report), ...(existsSync(db) ? databaseProblems(db, report) : [])];
  // Nothing listens before the program's first line runs; until then Ctrl-C does what it does to any process.
  const before = end.signal === 'SIGINT' && end.stdout === '' && end.stderr === '';
  return {
    moment: before ? 'before' : end.code === 0 ? 'after' : 'during',
    delayMs,
    endMs,
    found: report?.files.found ?? 0,
    taken: report?.files.taken ?? 0,
    problems: before ? problems.slice(1) : problems,
  };
}

/** Removes a database and what SQLite may have left beside it. */
export function removeDatabase(db: string): void {
  for (const suffix of ['', '-journal', '-wal', '-shm']) rmSync(db + suffix, { force: true });
}

function readReport(stdout: string): IndexReport | undefined {
  try {
    return JSON.parse(stdout) as IndexReport;
  } catch {
    return undefined;
  }
}

function problemsOf(end: Ended, report: IndexReport | undefined): string[] {
  const { code, signal, stderr } = end;
  if (report === undefined) return [`no report: code ${code}, signal ${signal}, stderr: ${stderr}`];
  const problems: string[] = [];
  if (code !== 130 && code !== 0) problems.push(`code ${code}, signal ${signal}, stderr: ${stderr}`);
  const outcome = code === 130 ? 'interrupted' : 'complete';
  if (report.outcome !== outcome) problems.push(`code ${code}, but ${report.outcome}`);
  if (code === 130 && !stderr.includes('Interrupted')) problems.push(`nothing said of it: ${stderr}`);
  const { found, taken, committed, ...tally } = report.files;
  const { added, updated, unchanged, binary, unreadable, vanished, tooLarge } = tally;
  const sum = added + updated + unchanged + binary + unreadable + vanished + tooLarge;
  if (taken !== committed || sum !== taken)
    problems.push(`${taken} in, ${committed} committed, ${sum} accounted for`);
  if (code === 0 && taken !== found) problems.push(`complete, but ${taken} of ${found} taken in`);
  for (const { name, in: into, out } of report.stages) {
    if (name !== 'read' && into !== out) problems.push(`${name}: ${into} in, ${out} out`);
  }
  return problems;
}

function databaseProblems(db: string, report: IndexReport | undefined): string[] {
  const journal = `${db}-journal`;
  const problems = existsSync(journal) && statSync(journal).size > 0 ? ['a journal is left'] : [];
  // Before the first transaction there is a file without tables.
  const tables = look(db, database => countRows(database, 'sqlite_schema'));
  if (tables !== 0) problems.push(...damage(db));
  if (report === undefined) return problems;
  const files = look(db, database => countRows(database, 'files'));
  if (files !== report.index.files) problems.push(`${files} files, but ${report.index.files} reported`);
  if (
    files !== report.files.added + report.files.unchanged + report.files.updated &&
    report.outcome === 'complete'
  ) {
    problems.push(`${files} files in the index, but the folder holds others`);
  }
  return problems;
}
