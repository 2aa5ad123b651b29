/** `npm run bench`: measures the subjects that were asked for and prints how they compare. */
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { Figure } from './footprint.ts';
import { holds, type NamedRow } from './guard.ts';
import { findPython, measure } from './harness.ts';
import type { Row, Subject } from './harness.ts';
import { describeMachine, figureText, headText, machineText, rowText } from './report.ts';
import type { Machine } from './report.ts';

/** One file each, in the order of the table. */
const SAVINA = [
  'pingpong',
  'count',
  'fjthrput',
  'fjcreate',
  'threadring',
  'chameneos',
  'big',
  'concdict',
  'bndbuffer',
  'philosopher',
  'banking',
  'trapezoid',
  'nqueenk',
  'fib',
  'skynet',
  'fanin',
  'fairness',
].map(name => `savina/${name}`);
const SUBJECTS = [
  'lock',
  'hand-off',
  'queue',
  'records',
  'sizes',
  'crowd',
  'waiters',
  'thread',
  'start-up',
  'executor',
  'comlink',
  'actors',
  'population',
  'timers',
  'scaling',
  'footprint',
  ...SAVINA,
];

/** Those of Savina that stand for a bar; the others take many minutes and are measured only when asked for. */
const BARRED = ['savina/pingpong', 'savina/count', 'savina/fjcreate'];

/** How much is done. What is `quick` does about a tenth of the operations a round. */
const FULL = { rounds: 15, warmUps: 3, quick: false };
const QUICK = { rounds: 3, warmUps: 1, quick: true };
const SMOKE = { rounds: 1, warmUps: 0, quick: true };

const HELP = `npm run bench -- [options]

  --only NAME,NAME   only these subjects: ${SUBJECTS.join(', ')};
                     savina: all of that suite, of which otherwise only pingpong, count and fjcreate
                     are measured
  --rounds N         counted rounds (default ${FULL.rounds})
  --quick            a tenth of the work in ${QUICK.rounds} rounds: figures to work with, not to quote
  --smoke            ${SMOKE.rounds} such round: shows that everything runs, the figures mean nothing
  --json FILE        also writes what was measured, round by round, to FILE
  --record FOLDER    also writes each subject to FOLDER/SUBJECT.json, and the day to FOLDER/DATE, which is how benchmarks/results is made
  --check FACTOR     fails if a ratio is worse than its bar by more than FACTOR (1 or more), three times in a row
  --baseline FOLDER  with --check: than the ratio recorded in FOLDER/SUBJECT.json, where there is one
  --help             this`;

/** A mistake in the arguments: shown without a stack. */
class UsageError extends Error {}

/** What a subject's file exports: what is timed, and perhaps what is weighed. */
interface SubjectFile {
  readonly default: Subject;
  readonly figures?: (quick: boolean) => Figure[];
}

interface Arguments {
  only: readonly string[];
  effort: typeof FULL;
  json: string | undefined;
  record: string | undefined;
  check: number | undefined;
  baseline: string | undefined;
  help: boolean;
}

function readArguments(): Arguments {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      rounds: { type: 'string' },
      quick: { type: 'boolean', default: false },
      smoke: { type: 'boolean', default: false },
      json: { type: 'string' },
      record: { type: 'string' },
      check: { type: 'string' },
      baseline: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, smoke, json, record, baseline, help } = values;
  if (baseline !== undefined && values.check === undefined)
    throw new UsageError('--baseline is of use only with --check');
  const effort = smoke ? SMOKE : quick ? QUICK : FULL;
  return {
    only: chosen(values.only),
    effort: { ...effort, rounds: number('--rounds', values.rounds, Number.isInteger) ?? effort.rounds },
    check: number('--check', values.check, Number.isFinite),
    json: json === undefined ? undefined : writable(json),
    record: record === undefined ? undefined : recordable(record),
    baseline,
    help,
  };
}

/** Where the command was typed, which npm changes from. */
const placeOf = (name: string): string => resolve(process.env['INIT_CWD'] ?? '', name);

/** Asked before minutes of measuring. */
function writable(json: string): string {
  const file = placeOf(json);
  if (!existsSync(dirname(file))) throw new UsageError(`--json ${json}: there is no folder ${dirname(file)}`);
  return file;
}

function recordable(record: string): string {
  const folder = placeOf(record);
  if (!existsSync(folder)) throw new UsageError(`--record ${record}: there is no folder ${folder}`);
  return folder;
}

function chosen(only: string | undefined): readonly string[] {
  if (only === undefined) return SUBJECTS.filter(name => !SAVINA.includes(name) || BARRED.includes(name));
  const names = only.split(',').flatMap(name => (name.trim() === 'savina' ? SAVINA : name.trim()));
  for (const name of names) {
    if (!SUBJECTS.includes(name))
      throw new UsageError(`--only: there is no subject "${name}"; there are ${SUBJECTS.join(', ')}`);
  }
  return SUBJECTS.filter(name => names.includes(name));
}

function number(
  option: string,
  text: string | undefined,
  isRight: (value: number) => boolean,
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (!isRight(value) || value < 1) {
    throw new UsageError(
      `${option} must be a ${isRight === Number.isInteger ? 'whole ' : ''}number from 1, got "${text}"`,
    );
  }
  return value;
}

async function bench({ only, effort, json, record, check, baseline }: Arguments): Promise<void> {
  const python = findPython();
  const machine = describeMachine(python?.version);
  console.log(machineText(machine));
  const options = { ...effort, python: python?.command };
  const rows: NamedRow[] = [];
  const weights: Figure[] = [];
  const write = (file: string, firstRow = 0, firstWeight = 0): void =>
    writeRun(file, { machine, options, rows: rows.slice(firstRow), weights: weights.slice(firstWeight) });
  for (const name of only) {
    const { url, subject, figures } = await load(name);
    const [firstRow, firstWeight] = [rows.length, weights.length];
    for (const [workload, each] of Object.entries(subject)) {
      const measured = await measure(url, workload, each, options);
      console.log(`\n${headText(`${name}: ${each.operation}`)}`);
      for (const row of measured) console.log(rowText(row));
      rows.push(...named(name, measured));
    }
    if (figures !== undefined) {
      const weighed = figures(effort.quick);
      console.log(`\n${name}: bytes for each`);
      for (const figure of weighed) console.log(figureText(figure));
      weights.push(...weighed);
    }
    if (record !== undefined) write(join(record, `${name}.json`), firstRow, firstWeight);
  }
  console.log(`\n${summary(rows)}; load ${loadavg()[0]!.toFixed(2)} after the run`);
  if (json !== undefined) write(json);
  if (record !== undefined) writeFileSync(join(record, 'DATE'), `${new Date().toISOString().slice(0, 10)}\n`);
  if (check === undefined) return;
  const again = async ({ subject: name, workload }: NamedRow): Promise<readonly NamedRow[]> => {
    const { url, subject } = await load(name);
    return named(name, await measure(url, workload, subject[workload]!, options));
  };
  if (!(await holds(rows, { factor: check, baseline, again }))) process.exitCode = 1;
}

interface Run {
  readonly machine: Machine;
  readonly options: object;
  readonly rows: readonly NamedRow[];
  readonly weights: readonly Figure[];
}

function writeRun(file: string, { machine, options, rows, weights }: Run): void {
  const run = { machine, loadAfter: loadavg()[0]!, options, rows: rows.map(asJson), weights };
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(run, undefined, 2)}\n`);
}

async function load(name: string): Promise<{
  url: URL;
  subject: Subject;
  figures: SubjectFile['figures'];
}> {
  const url = new URL(`./${name}.ts`, import.meta.url);
  const { default: subject, figures } = (await import(url.href)) as SubjectFile;
  return { url, subject, figures };
}

function named(subject: string, rows: readonly Row[]): NamedRow[] {
  return rows.map(row => ({ subject, ...row }));
}

function summary(rows: readonly Row[]): string {
  const count = (verdict: Row['verdict']) => rows.filter(row => row.verdict === verdict).length;
  const unmeasured = count('not measured');
  return `bars met: ${count('met')}, missed: ${count('missed')}${unmeasured === 0 ? '' : `, not measured: ${unmeasured}`}`;
}

/** JSON has no Infinity: a row without a bar has none there. */
function asJson(row: Row): object {
  return { ...row, bar: row.verdict === 'no bar' ? null : row.bar };
}

try {
  const args = readArguments();
  if (args.help) console.log(HELP);
  else await bench(args);
} catch (error) {
  if (
    !(error instanceof UsageError) &&
    !String((error as { code?: string }).code).startsWith('ERR_PARSE_ARGS')
  )
    throw error;
  console.error(`${(error as Error).message}\n\n${HELP}`);
  process.exitCode = 2;
}
