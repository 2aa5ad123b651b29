import { describe, expect, it } from 'vitest';
import { explore, findFailure } from '../../src/index.ts';
import * as barrier from './barrier.scenarios.ts';
import * as condition from './condition.scenarios.ts';
import * as event from './event.scenarios.ts';
import * as flags from './flags.scenarios.ts';
import * as lock from './lock.scenarios.ts';
import * as ring from './ring.scenarios.ts';
import * as semaphore from './semaphore.scenarios.ts';

/** Within how many schedules every flaw must be found. */
const BUDGET = 2000;
const CORRECT = 400;

const all = Object.entries({ ...barrier, ...condition, ...event, ...flags, ...lock, ...ring, ...semaphore });

describe.each(all)('%s', (_, { correct, ...broken }) => {
  it('passes when it is correct', async () => {
    const { schedules } = await explore(correct!, { schedules: CORRECT });
    expect(schedules).toBe(CORRECT);
  });

  it.each(Object.entries(broken))('fails when broken: %s', async (_flaw, scenario) => {
    const failure = await findFailure(scenario, { schedules: BUDGET, shorten: false });
    expect(failure?.kind).toBeDefined();
  });
});
