// Shows the times of a one-thread run, the bounds that follow from them, and the measured speed-up beside them.

import type { Bound } from '../run/bound.ts';
import type { Stage } from '../run/run.ts';
import { table } from './table.ts';
import { percent, seconds } from './text.ts';

export function boundLines(stages: readonly Stage[], bound: Bound): string[] {
  const { total, stages: alone, shared } = bound;
  const lines = table([
    ['one thread', 'busy', 'share'],
    ...stages.map(({ name, busySeconds }) => [name, seconds(busySeconds), percent(busySeconds / total)]),
    ['total', seconds(total), ''],
  ]);
  lines.push(
    '',
    `Threads can be ${times(alone.speedUp)} at best, a thread for each stage: total / ${alone.by}.`,
  );
  if (shared.speedUp > alone.speedUp) {
    lines.push(`With several parsers, ${times(shared.speedUp)}: total / ${shared.by}.`);
  }
  return lines;
}

/** `oneThread` and `threads` are the seconds that each took. */
export function speedUpLine({ stages, shared }: Bound, oneThread: number, threads: number): string {
  const speedUp = oneThread / threads;
  const shares = [percent(speedUp / stages.speedUp)];
  if (shared.speedUp > stages.speedUp) shares.push(percent(speedUp / shared.speedUp));
  return `Measured: ${times(speedUp)} (${seconds(oneThread)} / ${seconds(threads)}), ${shares.join(' and ')} of that.`;
}

/** `machine` is what runs side by side, which share nothing, got done in the time of one. */
export function machineLine(runs: number, machine: number, speedUp: number): string {
  return (
    `For comparison, ${runs} one-thread runs side by side, which share nothing, do ${machine.toFixed(2)} times the work of one ` +
    `in its time: that is what these cores give; the threads reach ${percent(speedUp / machine)} of it.`
  );
}

function times(speedUp: number): string {
  return `${speedUp.toFixed(2)} times as fast`;
}
