/** Notes where in the source each step was taken, for the report. Only in replays: a stack costs microseconds. */
import { HEADER } from '../control/layout.ts';
import { me } from '../control/kernel.ts';
import { words } from '../control/words.ts';

/** A step's stack, outermost call last. */
export interface Line {
  readonly step: number;
  readonly stack: string;
}

let lines: Line[] = [];

/** Notes the stack of the step in progress, from the caller of `callee` outwards. */
export function noteLine(callee: unknown): void {
  if (words[HEADER.lines] !== 1 || me < 0) return;
  const holder: { stack?: string } = {};
  const limit = Error.stackTraceLimit;
  Error.stackTraceLimit = 6;
  Error.captureStackTrace(holder, callee as () => void);
  Error.stackTraceLimit = limit;
  lines.push({ step: words[HEADER.step]! - 1, stack: holder.stack ?? '' });
}

/** Returns what has been noted, and forgets it. */
export function takeLines(): Line[] {
  const taken = lines;
  lines = [];
  return taken;
}
