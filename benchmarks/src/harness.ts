/**
 * The harness that all benchmarks use: it runs several ways of doing the same work in turn and compares them.
 *
 * - A *workload* is work with a result that can be checked; a *side* is one way of doing it (Heddle's, raw `Atomics`, CPython …).
 *   Each side does the same number of operations and must give the same result, or the run fails.
 * - Each side is a process of its own, which stays for all rounds. In one process the sides would share what V8 learns about types,
 *   what it inlines and the garbage collector's heap, and the side that runs first would set the terms: `lock.acquire()` next to another
 *   lock's becomes megamorphic, a million posted messages leave a heap for the next one to clean. CPython can only be a process anyway.
 * - Rounds are interleaved (A B C, A B C, …): what happens to the machine meanwhile happens to all sides alike. The first rounds are not
 *   counted; there the engine compiles and the workers start.
 * - A time is the median of its rounds. A ratio is the median of the ratios within each round, not the ratio of the two medians: neighbours in
 *   time share the machine's mood, so this cancels a drift that would otherwise count against whoever ran in the bad minute. The spread
 *   is the middle half (first to third quartile), for the same reason that it is the median: one bad round says nothing.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** How long one round took, and what came out. */
export interface Answer {
  nanoseconds: number;
  result: number;
}

/** Does `operations` operations. It says itself how long they took: waiting for its threads to be ready doesn't count. */
export type Round = (operations: number) => Answer | Promise<Answer>;

/** Prepares a side in its process: starts what stays for all rounds, and returns the round. */
export type Side = Prepare | ConfiguredSide | PythonSide | ErlangSide;

type Prepare = () => Round | Promise<Round>;

/** A side whose process gets environment variables, for what a package reads as it is loaded. */
export interface ConfiguredSide {
  readonly env: Readonly<Record<string, string>>;
  readonly prepare: Prepare;
}

/** A side in another language: a program that reads a number of operations a line and writes an `Answer` as JSON a line. */
export interface PythonSide {
  /** File beside the benchmark's. */
  readonly python: string;
}

/** A side in Erlang: a module whose `main/1` does the same, for one of its benchmarks and on so many cores. */
export interface ErlangSide {
  /** File beside the benchmark's, named after its module. */
  readonly erlang: string;
  readonly benchmark: string;
  readonly schedulers: number;
}

/**
 * What a comparison must reach. `atMost` is a ratio of times, ours divided by theirs; `atLeast` one of speeds, so again
 * ours divided by theirs. Infinity and 0 bar nothing: a row for information.
 */
export type Bar = { readonly atMost: number } | { readonly atLeast: number };

/** For information, as a ratio of times. */
export const TIME: Bar = { atMost: Infinity };
/** For information, as a ratio of speeds. */
export const SPEED: Bar = { atLeast: 0 };

/** One row of the table. */
export interface Comparison {
  readonly what: string;
  readonly ours: string;
  readonly against: string;
  readonly bar: Bar;
}

export interface Workload {
  /** What one operation is. */
  readonly operation: string;
  /** Operations a round: enough for some tens of milliseconds on the fastest side. */
  readonly operations: number;
  /** With `--quick`; a tenth of `operations` if omitted. */
  readonly quick?: number;
  /** How many rounds don't count, where engines need more than usual until their code is final. */
  readonly warmUps?: number;
  /** What every side's result must be. */
  expected(operations: number): number;
  readonly sides: Readonly<Record<string, Side>>;
  readonly rows: readonly Comparison[];
}

/** A file of benchmarks: its workloads by name. */
export type Subject = Readonly<Record<string, Workload>>;

export interface Options {
  readonly rounds: number;
  readonly warmUps: number;
  readonly quick: boolean;
  /** The interpreter for Python sides; `undefined` if there is none. */
  readonly python: string | undefined;
}

export interface Spread {
  readonly median: number;
  /** First and third quartile. */
  readonly low: number;
  readonly high: number;
}

export type Verdict = 'met' | 'missed' | 'no bar' | 'not measured';

export interface Row extends Comparison {
  readonly workload: string;
  /** Nanoseconds an operation. */
  readonly ourTime: Spread;
  readonly theirTime: Spread | undefined;
  readonly ratio: Spread | undefined;
  readonly verdict: Verdict;
  /** Nanoseconds an operation in each round. */
  readonly ourRounds: readonly number[];
  readonly theirRounds: readonly number[] | undefined;
}

/** A round that takes longer than this hangs. */
const ROUND_LIMIT_MS = 120_000;

/** Times what is done on the spot. */
export function timed(work: () => number): Answer {
  const start = performance.now();
  const result = work();
  return { nanoseconds: (performance.now() - start) * 1e6, result };
}

/** Times what has to be awaited. */
export async function timedAsync(work: () => Promise<number>): Promise<Answer> {
  const start = performance.now();
  const result = await work();
  return { nanoseconds: (performance.now() - start) * 1e6, result };
}

/** Runs a workload's sides and compares them. */
export async function measure(url: URL, name: string, workload: Workload, options: Options): Promise<Row[]> {
  const operations = options.quick
    ? (workload.quick ?? Math.ceil(workload.operations / 10))
    : workload.operations;
  const running = new Map<string, SideProcess>();
  const times = new Map<string, number[]>();
  try {
    for (const [label, side] of Object.entries(workload.sides)) {
      const command = commandOf(url, name, label, side, options.python);
      if (command === undefined) continue;
      running.set(label, new SideProcess(`${name}, ${label}`, command, 'env' in side ? side.env : {}));
      times.set(label, []);
    }
    const warmUps = options.quick ? options.warmUps : Math.max(options.warmUps, workload.warmUps ?? 0);
    for (let round = -warmUps; round < options.rounds; round++) {
      for (const [label, side] of running) {
        const { nanoseconds, result } = await side.round(operations);
        const expected = workload.expected(operations);
        if (result !== expected)
          throw new Error(`${name}, ${label}: the result is ${result} and should be ${expected}`);
        if (round >= 0) times.get(label)!.push(nanoseconds / operations);
      }
    }
  } finally {
    for (const side of running.values()) side.end();
  }
  return workload.rows.map(row => compare(name, row, times.get(row.ours)!, times.get(row.against)));
}

/** Makes a row of the table from the times of both sides, round by round. */
export function compare(
  workload: string,
  row: Comparison,
  ourRounds: number[],
  theirRounds: number[] | undefined,
): Row {
  const ofSpeeds = 'atLeast' in row.bar;
  const ratio =
    theirRounds === undefined
      ? undefined
      : spread(
          ourRounds.map((ours, round) =>
            ofSpeeds ? theirRounds[round]! / ours : ours / theirRounds[round]!,
          ),
        );
  return {
    ...row,
    workload,
    ourTime: spread(ourRounds),
    theirTime: theirRounds === undefined ? undefined : spread(theirRounds),
    ratio,
    verdict: ratio === undefined ? 'not measured' : judge(ratio.median, row.bar, 1),
    ourRounds,
    theirRounds,
  };
}

/** Says whether a ratio reaches its bar, made easier by `factor`. */
export function judge(ratio: number, bar: Bar, factor: number): Verdict {
  if (bar === TIME || bar === SPEED) return 'no bar';
  const reached = 'atMost' in bar ? ratio <= bar.atMost * factor : ratio >= bar.atLeast / factor;
  return reached ? 'met' : 'missed';
}

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { median: quantile(sorted, 0.5), low: quantile(sorted, 0.25), high: quantile(sorted, 0.75) };
}

/** Interpolates between neighbours. */
function quantile(sorted: readonly number[], part: number): number {
  const place = (sorted.length - 1) * part;
  const below = sorted[Math.floor(place)]!;
  const above = sorted[Math.ceil(place)]!;
  return below + (above - below) * (place - Math.floor(place));
}

/** Finds CPython: `$PYTHON`, then 3.13, of which the bars speak, then any. Returns its command and version. */
export function findPython(): { command: string; version: string } | undefined {
  const probe = 'import platform; print(platform.python_implementation(), platform.python_version())';
  const candidates =
    process.env['PYTHON'] === undefined ? ['python3.13', 'python3'] : [process.env['PYTHON']];
  for (const command of candidates) {
    const { status, stdout } = spawnSync(command, ['-c', probe], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    if (status === 0 && stdout.startsWith('CPython ')) return { command, version: stdout.trim() };
  }
  return undefined;
}

/** What to start for a side; `undefined` if this machine doesn't have it. */
function commandOf(
  url: URL,
  workload: string,
  label: string,
  side: Side,
  python: string | undefined,
): [string, string[]] | undefined {
  if (typeof side === 'function' || 'env' in side) {
    return [
      process.execPath,
      [fileURLToPath(new URL('./side.ts', import.meta.url)), url.href, workload, label],
    ];
  }
  if ('erlang' in side) return findErlang() === undefined ? undefined : ['erl', erlangArguments(url, side)];
  return python === undefined ? undefined : [python, [fileURLToPath(new URL(side.python, url))]];
}

let erlang: { version: string | undefined } | undefined;

/** The release of Erlang/OTP on this machine; `undefined` if there is none. */
export function findErlang(): string | undefined {
  if (erlang === undefined) {
    const probe = 'io:put_chars(erlang:system_info(otp_release)), halt().';
    const { status, stdout } = spawnSync('erl', ['-noshell', '-eval', probe], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    erlang = { version: status === 0 ? `Erlang/OTP ${stdout.trim()}` : undefined };
  }
  return erlang.version;
}

/** Compiles the module in memory, with its just-in-time compiler beneath, and calls `main`. */
export function erlangArguments(url: URL, { erlang: file, benchmark, schedulers }: ErlangSide): string[] {
  const source = JSON.stringify(fileURLToPath(new URL(file, url)));
  const run = `{ok, M, B} = compile:file(${source}, [binary]), {module, M} = code:load_binary(M, ${source}, B), M:main(${JSON.stringify(benchmark)}).`;
  return ['+S', `${schedulers}:${schedulers}`, '+P', '2000000', '-noshell', '-eval', run];
}

/** A side's process, with at most one round under way. */
class SideProcess {
  readonly #label: string;
  readonly #process: ChildProcess;
  #settle: ((line: string | Error) => void) | undefined;
  #ended: Error | undefined;

  constructor(label: string, [command, args]: [string, string[]], env: Readonly<Record<string, string>>) {
    this.#label = label;
    this.#process = spawn(command, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { ...process.env, ...env },
    });
    createInterface({ input: this.#process.stdout! }).on('line', line => this.#settle?.(line));
    // A side that died can't be written to: its exit says more than the broken pipe.
    this.#process.stdin!.on('error', () => {});
    this.#process.on('error', error => this.#fail(error));
    this.#process.on('close', (code, signal) =>
      this.#fail(new Error(`${label}: ended with ${signal ?? `exit code ${code}`}`)),
    );
  }

  #fail(error: Error): void {
    this.#ended ??= error;
    this.#settle?.(error);
  }

  async round(operations: number): Promise<Answer> {
    const { promise, resolve } = Promise.withResolvers<string | Error>();
    this.#settle = resolve;
    if (this.#ended !== undefined) throw this.#ended;
    const limit = setTimeout(
      () => this.#fail(new Error(`${this.#label}: no answer within ${ROUND_LIMIT_MS / 1000} s`)),
      ROUND_LIMIT_MS,
    );
    this.#process.stdin!.write(`${operations}\n`);
    const line = await promise;
    clearTimeout(limit);
    if (line instanceof Error) throw line;
    return JSON.parse(line) as Answer;
  }

  /** Kills it: a side that hangs would not listen. */
  end(): void {
    this.#ended ??= new Error(`${this.#label}: ended`);
    this.#process.kill('SIGKILL');
  }
}
