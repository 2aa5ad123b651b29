/** What the benchmarks print: where they ran, and the table. */
import { availableParallelism, cpus, loadavg } from 'node:os';
import type { Figure } from './footprint.ts';
import { SPEED, TIME, findErlang } from './harness.ts';
import type { Bar, Row, Spread } from './harness.ts';

export interface Machine {
  readonly node: string;
  readonly v8: string;
  /** `undefined` if there is none. */
  readonly python: string | undefined;
  readonly cpu: string;
  readonly cores: number;
  readonly platform: string;
  /** Load of the last minute before the run: what others do with the machine. */
  readonly load: number;
}

export function describeMachine(python: string | undefined): Machine {
  return {
    node: process.versions.node,
    v8: process.versions.v8,
    python,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    platform: `${process.platform} ${process.arch}`,
    load: loadavg()[0]!,
  };
}

export function machineText(machine: Machine): string {
  const { node, v8, python, cpu, cores, platform, load } = machine;
  const runtimes = `Node ${node} (V8 ${v8}), ${python ?? 'no CPython found (set PYTHON)'}, ${findErlang() ?? 'no Erlang found'}`;
  const busy = load > cores / 2 ? ': others are at work, expect wide spreads' : '';
  return `${runtimes}\n${cpu}, ${cores} cores, ${platform}, load ${load.toFixed(2)} before the run${busy}`;
}

const WIDTHS = [26, 25, 25, 10, 15, 9] as const;

/** What a group of rows measures, and the heads of its columns. */
export function headText(title: string): string {
  return `${title}\n${columns(['', 'Heddle', 'against', 'ratio', 'middle half', 'bar', 'verdict'])}`;
}

/** One line of the table. */
export function rowText(row: Row): string {
  const ours = `${time(row.ourTime.median)} ${row.ours}`;
  if (row.theirTime === undefined)
    return columns([row.what, ours, `no ${row.against} here`, '', '', barText(row.bar), row.verdict]);
  return columns([
    row.what,
    ours,
    `${time(row.theirTime.median)} ${row.against}`,
    `${ratioText(row.ratio!.median)} ×`,
    middleHalf(row.ratio!),
    barText(row.bar),
    row.verdict,
  ]);
}

/** One line of what was weighed. */
export function figureText({ what, bytes, how }: Figure): string {
  return columns([what, size(bytes), how]);
}

/** Three figures and a unit, whole bytes below a kibibyte. */
function size(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  if (bytes < 2 ** 20) return `${(bytes / 1024).toPrecision(3)} KiB`;
  return `${(bytes / 2 ** 20).toPrecision(3)} MiB`;
}

function columns(cells: readonly string[]): string {
  return cells
    .map((cell, index) => cell.padEnd(WIDTHS[index] ?? 0))
    .join('')
    .trimEnd();
}

function middleHalf({ low, high }: Spread): string {
  return `${ratioText(low)}–${ratioText(high)}`;
}

export function barText(bar: Bar): string {
  if (bar === TIME || bar === SPEED) return '';
  return 'atMost' in bar ? `≤ ${bar.atMost} ×` : `≥ ${bar.atLeast} ×`;
}

/** Two digits after the point, or as many figures as say something. */
export function ratioText(value: number): string {
  if (value < 0.1) return value.toPrecision(2);
  if (value < 10) return value.toFixed(2);
  return value.toFixed(value < 100 ? 1 : 0);
}

/** Three figures and a unit. */
function time(nanoseconds: number): string {
  if (nanoseconds < 1e3) return `${nanoseconds.toPrecision(3)} ns`;
  if (nanoseconds < 1e6) return `${(nanoseconds / 1e3).toPrecision(3)} µs`;
  if (nanoseconds < 1e9) return `${(nanoseconds / 1e6).toPrecision(3)} ms`;
  return `${(nanoseconds / 1e9).toPrecision(3)} s`;
}
