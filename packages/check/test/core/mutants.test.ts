import { expect, it } from 'vitest';
import { findFailure } from '../../src/index.ts';
import { mutantScenario } from './mutant.host.ts';
import { mutants } from './mutants.ts';

/** Most are found within some hundred; the rarest, two who give up at the same moment, took some thousand. */
const BUDGET = 20_000;

it.each(mutants.map(({ flaw }, index) => [flaw, index] as const))(
  '%s: is noticed',
  async (_, index) => {
    const failure = await findFailure(mutantScenario(index), { schedules: BUDGET, shorten: false });
    expect(failure?.kind).toBeDefined();
  },
  120_000,
);
