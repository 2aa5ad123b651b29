/** `npm run bench`: measures the subjects that were asked for and prints how they compare. */
import { writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { findPython, judge, measure } from './harness.ts';
import type { Row, Subject } from './harness.ts';
import { barText, describeMachine, headText, machineText, ratioText, rowText } from './report.ts';

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
  'thread',
  'executor',
  'comlink',
  'actors',
  'scaling',
  ...SAVINA,
];

/** How much is done. What is `quick` does about a tenth of the operations a round. */
const FULL = { rounds: 15, warmUps: 3, quick: false };
const QUICK = { rounds: 3, warmUps: 1, quick: true };
const SMOKE = { rounds: 1, warmUps: 0, quick: true };

const HELP = `npm run bench -- [options]

  --only NAME,NAME   only these subjects: ${SUBJECTS.join(', ')};
                     savina: all of that suite, which is measured only when asked for
  --rounds N         counted rounds (default ${FULL.rounds})
  --quick            a tenth of the work in ${QUICK.rounds} rounds: figures to work with, not to quote
  --smoke            ${SMOKE.rounds} such round: shows that everything runs, the figures mean nothing
  --json FILE        also writes what was measured, round by round, to FILE
  --check FACTOR     fails if a ratio is worse than its bar by more than FACTOR (1 or more)
  --help             this`;

/** A mistake in the arguments: shown without a stack. */
class UsageError extends Error {}

interface NamedRow extends Row {
  readonly subject: string;
}

interface Arguments {
  only: readonly string[];
  effort: typeof FULL;
  json: string | undefined;
  check: number | undefined;
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
      check: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const { quick, smoke, json, help } = values;
  const effort = smoke ? SMOKE : quick ? QUICK : FULL;
  return {
    only: chosen(values.only),
    effort: { ...effort, rounds: number('--rounds', values.rounds, Number.isInteger) ?? effort.rounds },
    check: number('--check', values.check, Number.isFinite),
    json,
    help,
  };
}

function chosen(only: string | undefined): readonly string[] {
  if (only === undefined) return SUBJECTS.filter(name => !SAVINA.includes(name));
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

async function bench({ only, effort, json, check }: Arguments): Promise<void> {
  const python = findPython();
  const machine = describeMachine(python?.version);
  console.log(machineText(machine));
  const options = { ...effort, python: python?.command };
  const rows: NamedRow[] = [];
  for (const name of only) {
    const url = new URL(`./${name}.ts`, import.meta.url);
    const { default: subject } = (await import(url.href)) as { default: Subject };
    for (const [workload, each] of Object.entries(subject)) {
      const measured = await measure(url, workload, each, options);
      console.log(`\n${headText(`${name}: ${each.operation}`)}`);
      for (const row of measured) console.log(rowText(row));
      rows.push(...measured.map(row => ({ subject: name, ...row })));
    }
  }
  const loadAfter = loadavg()[0]!;
  console.log(`\n${summary(rows)}; load ${loadAfter.toFixed(2)} after the run`);
  if (json !== undefined) {
    writeFileSync(
      json,
      `${JSON.stringify({ machine, loadAfter, options, rows: rows.map(asJson) }, undefined, 2)}\n`,
    );
  }
  if (check !== undefined) guard(rows, check);
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

/** Names each row that misses its bar by more than the factor, and fails if there is one. */
function guard(rows: readonly NamedRow[], factor: number): void {
  for (const row of rows) {
    if (row.ratio === undefined || judge(row.ratio.median, row.bar, factor) !== 'missed') continue;
    console.error(
      `${row.subject}, ${row.what}: ${ratioText(row.ratio.median)} × ${row.against} (middle half ${ratioText(row.ratio.low)} to ` +
        `${ratioText(row.ratio.high)}) is worse than its bar of ${barText(row.bar)} by more than a factor of ${factor}`,
    );
    process.exitCode = 1;
  }
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
