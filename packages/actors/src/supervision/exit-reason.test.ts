import { expect, test } from 'vitest';
import { isAbnormal, type ExitReason } from './exit-reason.ts';

const expected: [ExitReason, boolean][] = [
  [{ type: 'normal' }, false],
  [{ type: 'shutdown' }, false],
  [{ type: 'shutdown', detail: 'deploy' }, false],
  [{ type: 'shutdown', detail: undefined }, false],
  [{ type: 'killed' }, true],
  [{ type: 'noproc' }, true],
  [{ type: 'noconnection' }, true],
  [{ type: 'threadDied' }, true],
  [{ type: 'error', error: new Error('boom') }, true],
  [{ type: 'error', error: undefined }, true],
];

test.each(expected)('%o is abnormal: %s', (reason, abnormal) => {
  expect(isAbnormal(reason)).toBe(abnormal);
});
