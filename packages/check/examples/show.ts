/** Prints what the explorer says of the three examples: `npm run examples` in this package. */
import { findFailure } from '@heddle/check';
import { brokenCondition } from './broken-condition.ts';
import { brokenLock } from './broken-lock.ts';
import { brokenRing } from './broken-ring.ts';

for (const each of [brokenLock, brokenCondition, brokenRing]) {
  const failure = await findFailure(each, { strategy: 'exhaustive' });
  console.log(`${failure?.message ?? `${each.name}: nothing found`}\n\n${'─'.repeat(80)}\n`);
}
