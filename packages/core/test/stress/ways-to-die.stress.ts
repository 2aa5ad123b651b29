import { afterAll, beforeAll, describe, it } from 'vitest';
import { defaultExceptHook, setExceptHook } from '../../src/index.ts';
import { MIDST, WAYS, dieOnce, isOnPurpose } from './ways-to-die.ts';

beforeAll(() => {
  setExceptHook(args => {
    if (!isOnPurpose(args.error)) defaultExceptHook(args);
  });
});

afterAll(() => setExceptHook(undefined));

describe.each(WAYS)('a thread that dies by %s leaves others nothing to wait for', way => {
  it.each(MIDST)('in the midst of %s', async midst => {
    await dieOnce(way, midst, false);
  });
});

describe('a thread that is terminated while it is blocked', () => {
  it.each(MIDST)('in %s', async midst => {
    await dieOnce('terminate', midst, true);
  });
});
