// Puts together what the report says of each stage.

import type { Counters, Stage, StageName } from './run.ts';

/** How long one thread of a stage worked, and how long it lived. */
export interface Times {
  readonly busyMs: number;
  readonly livedMs: number;
}

/** `times` has an entry for each of a stage's threads that came to its end. */
export function stagesOf(counters: Counters, times: Readonly<Record<StageName, readonly Times[]>>): Stage[] {
  const { found, taken, parsed, committed } = counters;
  return [
    stage('read', found.value, taken.value, times.read),
    stage('parse', taken.value, parsed.value, times.parse),
    stage('write', parsed.value, committed.value, times.write),
  ];
}

function stage(name: StageName, into: number, out: number, times: readonly Times[]): Stage {
  const busyMs = times.reduce((sum, each) => sum + each.busyMs, 0);
  const livedMs = times.reduce((sum, each) => sum + each.livedMs, 0);
  return {
    name,
    threads: times.length,
    in: into,
    out,
    busySeconds: busyMs / 1000,
    busyShare: livedMs === 0 ? 0 : busyMs / livedMs,
  };
}
