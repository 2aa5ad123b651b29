/** All contracts, by their titles. */
import { conditions } from './conditions.fixture.ts';
import { locks } from './locks.fixture.ts';
import { queues } from './queues.fixture.ts';
import { signals } from './signals.fixture.ts';
import { threadsAndFutures } from './threads.fixture.ts';
import type { Contracts } from './play.ts';

export const contracts: Contracts = { ...locks, ...conditions, ...signals, ...queues, ...threadsAndFutures };
