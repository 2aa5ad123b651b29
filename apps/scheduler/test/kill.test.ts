import { rmSync } from 'node:fs';
import { expect, test } from 'vitest';
import { killAgainAndAgain } from './kill.ts';
import { temporaryFolder } from './program.ts';
import { seeded } from './random.ts';

test('killed again and again, it loses nothing and repeats nothing that was finished', async () => {
  const folder = temporaryFolder();
  const report = await killAgainAndAgain(folder, 4, seeded(Date.now()));
  expect(report.problems).toEqual([]);
  // It was killed in the midst of work, or this says nothing.
  expect(report.repeated).toBeGreaterThan(0);
  expect(report.finished).toBeGreaterThanOrEqual(300);
  rmSync(folder, { recursive: true });
}, 120_000);
