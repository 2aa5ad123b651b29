import { describe, expect, it } from 'vitest';
import { explore } from '../../src/index.ts';
import * as deaths from './death.scenarios.ts';

/** Each death costs a worker, since the dead one shared memory with the others beyond the schedule. The nightly run plays more. */
const SCHEDULES = 15;
const MS = 5000;

describe('a thread that is killed at any step', () => {
  it.each(Object.values(deaths))(
    '$name',
    async scenario => {
      const explored = await explore(scenario, {
        schedules: SCHEDULES,
        maxMs: MS,
        faults: { kills: 1, victims: [0, 1] },
      });
      expect(explored.schedules).toBeGreaterThan(0);
    },
    120_000,
  );
});
