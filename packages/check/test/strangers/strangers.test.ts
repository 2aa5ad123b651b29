/** Small concurrent code with the mistakes that people make, which `explore` must find as it comes: with no option set. */
import { describe, expect, it } from 'vitest';
import { findFailure } from '../../src/index.ts';
import * as locks from './locks.scenarios.ts';
import * as queues from './queues.scenarios.ts';

describe('is found with default options', () => {
  it.each(Object.values({ ...locks, ...queues }))('$name', async scenario => {
    const failure = await findFailure(scenario, { shorten: false });
    expect(failure?.kind).toMatch(/^(wrong end|error|lost wakeup|deadlock)$/);
  });
});
