// Benches for the tests of a file: each is closed when its test is over.

import { afterEach } from 'vitest';
import { Bench } from './bench.ts';

const open = new Set<Bench>();

afterEach(() => {
  for (const each of open) each.dispose();
  open.clear();
});

export const MINUTE = 60_000;
export const HOUR = 3_600_000;
export const NOON = '2026-06-01T12:00:00Z';

/** An engine on a bench whose clock says `wall`. */
export function bench(wall: string): Bench {
  const made = new Bench(wall);
  open.add(made);
  return made;
}

/** What there is after a `kill -9`, and so many milliseconds. */
export function crash(before: Bench, downMs = 0): Bench {
  const after = before.crash(downMs);
  open.delete(before);
  open.add(after);
  return after;
}
