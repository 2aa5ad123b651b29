/** What a handler may return besides a new state: instructions to the actor that it runs in. */
import type { ExitReason } from '../supervision/exit-reason.ts';
import { checkReason, exit } from '../supervision/exit-reason.ts';
import { checkBehavior } from './behavior.ts';
import type { Behavior } from './behavior.ts';

export const STOP = 0;
export const BECOME = 1;
export const CONTINUE = 2;
export const UNHANDLED = 3;
export const IGNORE = 4;
export const STARTED = 5;

/** An instruction; made by `next`, and told from a state by its class. */
export class Next {
  /** @internal */ readonly kind: number;
  /** @internal */ readonly value: unknown;
  /** @internal */ readonly info: unknown;

  /** @internal */
  constructor(kind: number, value?: unknown, info?: unknown) {
    this.kind = kind;
    this.value = value;
    this.info = info;
  }
}

const unhandled = new Next(UNHANDLED);
const ignored = new Next(IGNORE);
const stopped = new Next(STOP, exit.normal);

/**
 * What a handler returns to do more than to change its state.
 *
 * @example
 * behavior({ state: 0, receive: (count, message: 'add' | 'done') => (message === 'done' ? next.stop() : count + 1) });
 */
export const next: {
  /** Ends the actor after this message: its children first, then its `stopped` hook. Default reason: `normal`. Throws `TypeError` for what is no reason. */
  stop(reason?: ExitReason): Next;
  /** From the next message on, `behavior` handles what comes: a handler, or `behavior({ … })` with a state of its own. Throws `TypeError` for what is none. */
  become<M>(behavior: Behavior<M>): Next;
  /** The new state, also if it is `undefined` or a promise, which a plainly returned one can't be. */
  continue(state: unknown): Next;
  /** The message means nothing to this actor: it becomes a dead letter with reason `unhandled`, and a question rejects with `UnhandledMessageError`. */
  unhandled(): Next;
  /** From the setup function: the actor isn't wanted after all; it ends with `normal`, and a supervisor keeps its spec. Source: OTP's `ignore`. */
  ignore(): Next;
  /** From the setup function: the behaviour, and information for whoever starts it through a supervisor. Source: OTP's `{ok, Pid, Info}`. */
  started<M>(behavior: Behavior<M>, info: unknown): Next;
} = {
  stop: reason => (reason === undefined ? stopped : new Next(STOP, checkReason(reason, 'next.stop'))),
  become: behavior => new Next(BECOME, checkBehavior(behavior, 'next.become')),
  continue: state => new Next(CONTINUE, state),
  unhandled: () => unhandled,
  ignore: () => ignored,
  started: (behavior, info) => new Next(STARTED, checkBehavior(behavior, 'next.started'), info),
};
