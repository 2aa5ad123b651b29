/** The tree of actors as it is now, for people and for metrics. */
import type { Cell } from './cell.ts';
import { STATE } from './cell/state.ts';

/** One actor, and those below it (snapshot). */
export interface ActorInfo {
  readonly path: string;
  /** What it was declared as. */
  readonly actor: string;
  readonly state: keyof typeof STATE;
  /** Whether it waits for a promise. */
  readonly busy: boolean;
  /** How many messages wait; unknown for actors of other threads. */
  readonly waiting: number | undefined;
  /** How many it has handled; unknown for actors of other threads. */
  readonly handled: number | undefined;
  readonly restarts: number;
  /** 0 is the thread that made the system. */
  readonly thread: number;
  readonly children: readonly ActorInfo[];
}

const NAMES = Object.keys(STATE) as (keyof typeof STATE)[];

export function inspectCell(cell: Cell): ActorInfo {
  const remote = cell.agent !== undefined;
  return {
    path: cell.path === '' ? '/' : cell.path,
    actor: cell.actor.name,
    state: NAMES[cell.state]!,
    busy: cell.busy,
    waiting: remote ? undefined : cell.mailbox.size,
    handled: remote ? undefined : cell.handled,
    restarts: cell.restarts,
    thread: cell.agent?.slot ?? cell.runtime.slot,
    children: [...(cell.knownBonds?.knownChildren ?? [])].map(inspectCell),
  };
}
