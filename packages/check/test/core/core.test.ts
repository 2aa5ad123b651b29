import { describe, expect, it } from 'vitest';
import { explore } from '../../src/index.ts';
import { primitives } from './primitives.ts';

/** The nightly run (`npm run stress`) plays 100,000. */
const PER_PRIMITIVE = 2000;

describe.each(primitives)('%s', (_, scenarios) => {
  const schedules = Math.ceil(PER_PRIMITIVE / scenarios.length);
  it.each(scenarios)('$name', async scenario => {
    const explored = await explore(scenario, { schedules });
    expect(explored.schedules).toBe(schedules);
  });
});
