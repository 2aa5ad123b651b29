// How long to wait before the next attempt.

import type { RetryPolicy } from '../job/spec.ts';

/** Returns the wait after attempt number `attempt` (from 1) in milliseconds, or undefined if there is none after it. `random` gives 0 to 1. */
export function retryDelay(policy: RetryPolicy, attempt: number, random: () => number): number | undefined {
  if (attempt >= policy.attempts) return undefined;
  const delay = Math.min(policy.max, policy.min * policy.factor ** (attempt - 1));
  return Math.round(delay * (1 + policy.jitter * random()));
}
