/** The states of a cell, the bits of its gate, and the types by which its parts know each other. `cell.ts` has the drawing. */
import type { ClosureBehavior, StateBehavior } from '../../behavior/behavior.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import type { ActorRef } from '../ref.ts';

export const STATE = { starting: 0, running: 1, draining: 2, restarting: 3, stopping: 4, dead: 5 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

/** The state is neither RUNNING nor DRAINING. */
export const CLOSED = 1;
/** An async handler, hook or setup is under way. */
export const BUSY = 2;
/** A test holds the mailbox. */
export const HELD = 4;

/** What came of a start. */
export type Started =
  | { readonly outcome: 'ok'; readonly info: unknown }
  | { readonly outcome: 'ignore' }
  | { readonly outcome: 'error'; readonly reason: ExitReason };

/** What a cell asks of the actor that it stands for. */
export interface Agent {
  readonly ref: ActorRef<unknown>;
  readonly slot: number;
  kill(): void;
  discard(): void;
}

/** What a supervisor's behaviour does beyond an ordinary one's. */
export interface Keeper {
  childExited(child: Cell, life: number, reason: ExitReason): unknown;
  stopChildren(): unknown;
}

export type AnyBehavior = Partial<ClosureBehavior<unknown>> &
  Partial<StateBehavior<unknown, unknown>> & { keeper?: Keeper };

/** Of all actors that are given none. */
export const NO_ARGS: readonly unknown[] = Object.freeze([]);

export const nothing = (): void => {};
