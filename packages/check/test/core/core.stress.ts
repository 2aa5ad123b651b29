import { describe, expect, it } from 'vitest';
import { explore } from '../../src/index.ts';
import * as deaths from './death.scenarios.ts';
import { primitives } from './primitives.ts';

const PER_PRIMITIVE = Number(process.env['HEDDLE_SCHEDULES'] ?? 100_000);
/** Another part of the schedules each day; a failure's report names the seed. */
const SEED = Number(
  process.env['HEDDLE_SEED'] ?? (Math.floor(Date.now() / 86_400_000) % 10_000) * PER_PRIMITIVE,
);

describe.each(primitives)('%s', (_, scenarios) => {
  const schedules = Math.ceil(PER_PRIMITIVE / scenarios.length);
  it.each(scenarios)('$name', async scenario => {
    const explored = await explore(scenario, { schedules, seed: SEED });
    expect(explored.schedules).toBe(schedules);
  });

  it.each(scenarios)('$name, every schedule up to one preemption', async scenario => {
    await explore(scenario, { strategy: 'exhaustive', preemptions: 1, schedules: 20_000 });
  });
});

/** Each costs a worker. */
const DEATHS_MS = Math.min(300_000, PER_PRIMITIVE * 3);

describe('deaths', () => {
  it.each(Object.values(deaths))('$name', async scenario => {
    const faults = { kills: 1, victims: [0, 1] };
    await explore(scenario, { schedules: PER_PRIMITIVE, maxMs: DEATHS_MS, seed: SEED, faults });
  });
});
