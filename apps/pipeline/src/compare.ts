// `--compare`: how much faster are threads, and how much faster could they be? Each run is a process and a database of its own, as
// a user's would be; one thread and many take turns, so that what else the machine does hits both; the medians count.
//
// The bound that follows from the stages takes a core for as fast when the others work as when they rest. So one-thread runs are also
// made side by side, one for each core: they share nothing but the machine, and what they get done together is what its cores give.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type IndexReport, machineBound } from './index-report.ts';
import type { Interruption } from './interruption.ts';
import type { Options } from './options.ts';
import type { Bound } from './run/bound.ts';
import type { Stage } from './run/run.ts';
import { boundLines, machineLine, speedUpLine } from './terminal/bound-lines.ts';
import { seconds } from './terminal/text.ts';
import { EXIT, Trouble } from './trouble.ts';

const ROUNDS = 5;

/** What `--compare --json` prints. */
export interface ComparisonReport {
  readonly folder: string;
  readonly workers: number;
  /** Seconds of each round. */
  readonly oneThread: readonly number[];
  readonly threads: readonly number[];
  /** Runs on one thread each, side by side: how many, and the mean of their seconds in each round. */
  readonly sideBySide: { readonly runs: number; readonly seconds: readonly number[] };
  /** Of the median run on one thread. */
  readonly stages: readonly Stage[];
  readonly bound: Bound;
  /** Median of the one divided by median of the other. */
  readonly speedUp: number;
  /** How many times the work of one run the runs side by side got done in the time of one. */
  readonly machineSpeedUp: number;
}

export async function compare(options: Options, interruption: Interruption): Promise<number> {
  const workers = Math.max(1, options.workers);
  const scratch = mkdtempSync(join(tmpdir(), 'heddle-pipeline-'));
  const oneThread: IndexReport[] = [];
  const threads: IndexReport[] = [];
  const sideBySide: number[] = [];
  // More than these threads could not be at work at the same time.
  const runs = Math.min(availableParallelism(), workers + 2);
  try {
    // The first reads everything into the page cache; it counts for nothing.
    await measure(options, workers, join(scratch, '0'));
    for (let round = 1; round <= ROUNDS; round += 1) {
      if (interruption.exitCode !== undefined) return interruption.exitCode;
      const one = await measure(options, 0, join(scratch, '0'));
      const many = await measure(options, workers, join(scratch, '0'));
      const apart = await Promise.all(
        Array.from({ length: runs }, (_, i) => measure(options, 0, join(scratch, String(i)))),
      );
      oneThread.push(one);
      threads.push(many);
      sideBySide.push(apart.reduce((sum, run) => sum + run.seconds, 0) / runs);
      console.error(
        `round ${round} of ${ROUNDS}: one thread ${seconds(one.seconds)}, ${workers} parser threads ${seconds(many.seconds)}, ` +
          `${runs} runs side by side ${seconds(sideBySide.at(-1)!)} each`,
      );
    }
  } catch (error) {
    if (interruption.exitCode !== undefined) return interruption.exitCode;
    throw error;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
  const report = reportOf(options, workers, oneThread, threads, { runs, seconds: sideBySide });
  if (options.json) console.log(JSON.stringify(report));
  else for (const line of lines(report)) console.log(line);
  return EXIT.ok;
}

function reportOf(
  options: Options,
  workers: number,
  oneThread: readonly IndexReport[],
  threads: readonly IndexReport[],
  sideBySide: ComparisonReport['sideBySide'],
): ComparisonReport {
  const one = median(oneThread);
  return {
    folder: options.folder,
    workers,
    oneThread: oneThread.map(run => run.seconds),
    threads: threads.map(run => run.seconds),
    sideBySide,
    stages: one.stages,
    bound: machineBound(one.stages, workers),
    speedUp: one.seconds / median(threads).seconds,
    machineSpeedUp: (sideBySide.runs * one.seconds) / middle(sideBySide.seconds),
  };
}

function lines(report: ComparisonReport): string[] {
  return [
    ...boundLines(report.stages, report.bound),
    speedUpLine(report.bound, middle(report.oneThread), middle(report.threads)),
    machineLine(report.sideBySide.runs, report.machineSpeedUp, report.speedUp),
  ];
}

function median(runs: readonly IndexReport[]): IndexReport {
  return runs.toSorted((a, b) => a.seconds - b.seconds)[runs.length >> 1]!;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}

/** `place` is the name of the database, without `.db`. */
async function measure(options: Options, workers: number, place: string): Promise<IndexReport> {
  const args = ['--json', '--fresh', '--db', `${place}.db`, '--folder', options.folder];
  args.push('--workers', String(workers), '--queue-size', String(options.queueSize));
  const child = spawn(process.execPath, [fileURLToPath(new URL('./cli.js', import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = collect(child.stdout);
  const errors = collect(child.stderr);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  if (code !== EXIT.ok)
    throw new Trouble(`a run with --workers ${workers} failed:\n${(await errors).trim()}`);
  return JSON.parse(await output) as IndexReport;
}

async function collect(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream) text += String(chunk);
  return text;
}
