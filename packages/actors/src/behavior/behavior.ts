/** What an actor does with messages and signals: a handler over variables of its setup function, or a state with functions over it. */
import type { ActorRef } from '../runtime/ref.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { Next } from './next.ts';

/** What the runtime tells an actor, in a lane of its own before all messages. */
export type Signal =
  /** An actor that this one watches has ended. Exactly one for each `watch`. */
  | {
      readonly type: 'down';
      readonly ref: ActorRef<never>;
      readonly reason: ExitReason;
      readonly watch: number;
    }
  /** A linked actor has ended, or somebody called `exit`; only for actors with `trapExit`. */
  | { readonly type: 'exit'; readonly ref: ActorRef<never>; readonly reason: ExitReason }
  /** No message came for as long as `setReceiveTimeout` said. */
  | { readonly type: 'receiveTimeout' };

/** What a handler without a state may return: nothing, an instruction, or a promise of it. Any other value is ignored. */
type Outcome = unknown;

/** Handles one message. An async one is awaited before the next message is taken. */
export type Handler<M> = (message: M) => Outcome;

/**
 * A behaviour over variables of its setup function.
 *
 * | callback | runs |
 * |---|---|
 * | `receive` | for each message, one at a time |
 * | `signal` | for each signal, before all messages |
 * | `stopped` | once when the actor ends, however, unless it is killed; after its children have ended |
 * | `restarting` | on the old instance before a restart in place |
 */
export interface ClosureBehavior<M> {
  readonly receive: (message: M) => Outcome;
  readonly signal?: (signal: Signal) => Outcome;
  readonly stopped?: (reason: ExitReason) => unknown;
  readonly restarting?: (error: unknown) => unknown;
}

/** A behaviour as functions from state to state: what they return is the next state; `undefined` means that it stays as it is. */
export interface StateBehavior<S, M> {
  readonly state: S;
  readonly receive: (
    state: S,
    message: M,
  ) => S | Next | void | undefined | Promise<S | Next | void | undefined>;
  readonly signal?: (
    state: S,
    signal: Signal,
  ) => S | Next | void | undefined | Promise<S | Next | void | undefined>;
  readonly stopped?: (state: S, reason: ExitReason) => unknown;
  readonly restarting?: (state: S, error: unknown) => unknown;
}

/** A handler, or an object of callbacks. */
// oxlint-disable-next-line typescript/no-explicit-any -- a state is the behaviour's own affair: it stands in both directions, so only `any` accepts all.
export type Behavior<M> = Handler<M> | ClosureBehavior<M> | StateBehavior<any, M>;

/** Returns the behaviour, with its types inferred and checked. */
export function behavior<S, M>(behavior: StateBehavior<S, M>): StateBehavior<S, M>;
export function behavior<M>(behavior: ClosureBehavior<M>): ClosureBehavior<M>;
export function behavior(behavior: object): object {
  return behavior;
}

/** Throws `TypeError` for what is no behaviour, naming the place: a string, or an actor. */
export function checkBehavior<M>(
  behavior: Behavior<M>,
  place: string | { readonly path: string },
): Behavior<M> {
  if (typeof behavior === 'function') return behavior;
  if (typeof behavior !== 'object' || behavior === null || typeof behavior.receive !== 'function') {
    const where = typeof place === 'string' ? place : place.path;
    const found =
      typeof behavior === 'object' && behavior !== null
        ? `one with ${Object.keys(behavior).join(', ') || 'nothing'}`
        : `${String(behavior)} (${typeof behavior})`;
    throw new TypeError(`${where}: a behaviour must be a function or an object with receive, got ${found}`);
  }
  return behavior;
}

/** What a setup function returns: a behaviour, `next.ignore()`, `next.started(…)`, `next.stop(…)`, or a promise of it. */
export type Setup<M> = Behavior<M> | Next | Promise<Behavior<M> | Next>;
