/** All contracts, by their titles. */
import { locks } from './locks.fixture.ts';
import type { Contracts } from './play.ts';

export const contracts: Contracts = { ...locks };
