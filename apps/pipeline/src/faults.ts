// Lets the tests break things at a chosen place, which no folder and no disk would do on request. Without the environment variable
// HEDDLE_PIPELINE_FAULT nothing here does anything. Its value is a list such as `crash-parser=b.ts,max-pages=40`:
//
//   crash-reader=PART, crash-parser=PART, crash-writer=PART   throw an error at the first path that contains PART
//   exit-parser=PART                                          end the parser's thread at such a path, without an error
//   hang-writer=PART                                          make the writer wait there for ever
//   pause-reader=PART                                         make the reader wait there for half a second
//   vanish=PART                                               delete such files after they were listed, before they are read
//   max-pages=N                                               let the database grow to N pages, as a full disk would

import { rmSync, writeSync } from 'node:fs';
import type { Entry } from './files/walk.ts';

const FAULTS: ReadonlyMap<string, string> = new Map(
  (process.env['HEDDLE_PIPELINE_FAULT'] ?? '')
    .split(',')
    .filter(fault => fault !== '')
    .map(fault => [fault.slice(0, fault.indexOf('=')), fault.slice(fault.indexOf('=') + 1)]),
);

function applies(fault: string, path: string): boolean {
  const part = FAULTS.get(fault);
  return part !== undefined && path.includes(part);
}

export function failReading(entry: Entry): void {
  if (FAULTS.size === 0) return;
  if (applies('crash-reader', entry.path)) throw new Error(`fault: crash-reader at ${entry.path}`);
  if (applies('pause-reader', entry.path)) pause('pause-reader', 500);
  if (applies('vanish', entry.path)) rmSync(entry.at.toString());
}

export function failParsing(path: string): void {
  if (FAULTS.size === 0) return;
  if (applies('crash-parser', path)) throw new Error(`fault: crash-parser at ${path}`);
  if (applies('exit-parser', path)) process.exit(7);
}

export function failWriting(path: string): void {
  if (FAULTS.size === 0) return;
  if (applies('crash-writer', path)) throw new Error(`fault: crash-writer at ${path}`);
  if (applies('hang-writer', path)) pause('hang-writer', Number.POSITIVE_INFINITY);
}

/** Blocks this thread, and says so in a way that reaches the terminal though it is blocked. */
function pause(fault: string, milliseconds: number): void {
  writeSync(2, `fault: ${fault}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}

export function maxPages(): number | undefined {
  const pages = FAULTS.get('max-pages');
  return pages === undefined ? undefined : Number(pages);
}
