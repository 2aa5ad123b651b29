import { expect, test } from 'vitest';
import { boundOf } from './bound.ts';
import type { Stage } from './run.ts';

function stages(...times: readonly number[]): Stage[] {
  return (['read', 'parse', 'write'] as const).map((name, i) => ({
    name,
    busySeconds: times[i]!,
    threads: 1,
    in: 0,
    out: 0,
    busyShare: 0,
  }));
}

test.each([
  // read, parse, write, workers, cores; by stages; with parsers that share
  [1, 2, 1, 2, 2, 2, 'all work on 2 cores', 2, 'all work on 2 cores'],
  [1, 1, 3, 2, 2, 5 / 3, 'write', 5 / 3, 'write'],
  [4, 1, 1, 2, 2, 1.5, 'read', 1.5, 'read'],
  [1, 3, 1, 2, 2, 5 / 3, 'parse', 2, 'all work on 2 cores'],
  [1, 8, 1, 2, 8, 1.25, 'parse', 2.5, 'parse, shared by 2'],
  [1, 8, 1, 1, 2, 1.25, 'parse', 1.25, 'parse'],
  [1, 1, 1, 4, 1, 1, 'all work on 1 core', 1, 'all work on 1 core'],
  [0, 0, 0, 2, 2, 1, 'all work on 2 cores', 1, 'all work on 2 cores'],
])('stages of %d, %d and %d s, %d parsers, %d cores', (read, parse, write, workers, cores, ...expected) => {
  const bound = boundOf(stages(read, parse, write), workers, cores);
  expect(bound.total).toBe(read + parse + write);
  const [stagesAlone, by, shared, sharedBy] = expected;
  expect(bound.stages).toMatchObject({ speedUp: expect.closeTo(stagesAlone), by });
  expect(bound.shared).toMatchObject({ speedUp: expect.closeTo(shared), by: sharedBy });
});
