import { expect, it } from 'vitest';
import { findFailure } from '../../src/index.ts';
import { mutantScenario } from './mutant.host.ts';
import { mutants } from './mutants.ts';

const BUDGET = 2000;

it.each(mutants.map(({ flaw }, index) => [flaw, index] as const))('%s: is noticed', async (_, index) => {
  const failure = await findFailure(mutantScenario(index), { schedules: BUDGET, shorten: false });
  expect(failure?.kind).toBeDefined();
});
