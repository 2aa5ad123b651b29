/** All scenarios; a new one is one more module and one more line here. */
import type { Scenario } from '../scenario.ts';
import { barriers } from './barriers.ts';
import { conditions } from './conditions.ts';
import { events } from './events.ts';
import { exchangers } from './exchangers.ts';
import { latches } from './latches.ts';
import { locks } from './locks.ts';
import { notifications } from './notifications.ts';
import { onces } from './onces.ts';
import { pools } from './pools.ts';
import { queues } from './queues.ts';
import { rlocks } from './rlocks.ts';
import { rwLocks } from './rw-locks.ts';
import { semaphores } from './semaphores.ts';
import { spinLocks } from './spin-locks.ts';

export const scenarios: readonly Scenario[] = [
  locks,
  rlocks,
  rwLocks,
  spinLocks,
  semaphores,
  conditions,
  notifications,
  events,
  barriers,
  latches,
  onces,
  exchangers,
  queues,
  pools,
] as ReadonlyArray<unknown> as readonly Scenario[];
