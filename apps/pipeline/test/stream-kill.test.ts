import { expect, it } from 'vitest';
import { killRuns } from './kill.ts';
import { random } from './random.ts';

// Fewer than `npm run kill-test` does.
it(
  'kill -9 at any moment loses nothing that was sent over TCP or HTTP or written to a file, and stores nothing twice',
  { timeout: 180_000 },
  async () => {
    const next = random(20_261_126);
    const { sent, stored, problems } = await killRuns({
      kills: 2,
      random: () => next(1_000_000) / 1_000_000,
    });
    expect(problems).toEqual([]);
    expect(stored['tcp']).toBe(sent['tcp']);
    expect(stored['http']).toBe(sent['http']);
    expect(stored['file']! + stored['dead']!).toBe(sent['file']);
  },
);
