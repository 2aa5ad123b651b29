import { expect, it } from 'vitest';
import { brokenCondition, repairedCondition } from '../examples/broken-condition.ts';
import { brokenLock, repairedLock } from '../examples/broken-lock.ts';
import { brokenRing, repairedRing } from '../examples/broken-ring.ts';
import { explore, findFailure } from '../src/index.ts';

it.each([
  ['lock', brokenLock, 'lost wakeup'],
  ['condition variable', brokenCondition, 'lost wakeup'],
  ['ring buffer', brokenRing, 'wrong end'],
])('the broken %s of the README is found', async (_, scenario, kind) => {
  const failure = await findFailure(scenario);
  expect(failure?.kind).toBe(kind);
});

it.each([
  ['lock', repairedLock],
  ['condition variable', repairedCondition],
  ['ring buffer', repairedRing],
])('the repaired %s passes', async (_, scenario) => {
  await explore(scenario);
});
