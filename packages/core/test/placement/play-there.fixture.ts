/** Plays a role in a thread, blocked. */
import { task } from '../../src/index.ts';
import { contracts } from './contracts.ts';
import { playBlocked } from './play.ts';

export const playThere = task(
  import.meta,
  function playThere(title: string, role: string, shared: unknown): unknown {
    return playBlocked(contracts[title]!.roles[role]!(shared));
  },
);
