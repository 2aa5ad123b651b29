/** What the pools of the scenarios run. */
import { task } from '../../../core/src/index.ts';
import type { Event } from '../../../core/src/index.ts';

export const double = task(import.meta, function double(n: number): number {
  return 2 * n;
});

export const pass = task(import.meta, function pass(gate: Event): string {
  gate.wait();
  return 'passed';
});
