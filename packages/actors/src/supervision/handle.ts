/** `Supervisor`: the calls that a supervisor understands, as methods over its ref. */
import type { Actor } from '../behavior/actor.ts';
import { checkRef } from '../runtime/ref.ts';
import type { ActorRef, AskOptions } from '../runtime/ref.ts';
import type { ChildSpec, SupervisorOptions } from './child-spec.ts';
import type { ChildCount, ChildInfo, StartedChild, SupervisorMessage } from './protocol.ts';

/** As in OTP, a call waits as long as the supervisor needs. */
const FOR_EVER: AskOptions = { timeout: Infinity };

/**
 * Calls to a supervisor. Each is answered in its turn: while a child starts or stops, it waits. All reject with `SupervisorError` (its `code` says
 * why) and with `ActorDiedError` if the supervisor is gone. Source: OTP's `supervisor` module.
 *
 * @example
 * const shop = new Supervisor(system.spawn(supervisor({ children: [{ id: 'counter', start: counter, args: [0] }] })));
 * const ref = await shop.child(counter, 'counter');
 */
export class Supervisor {
  readonly ref: ActorRef<SupervisorMessage>;

  constructor(ref: ActorRef<SupervisorMessage>) {
    checkRef(ref, 'Supervisor');
    this.ref = ref;
  }

  /**
   * Adds a child and starts it; a `dynamic` supervisor takes what comes after the template's arguments. Codes: `alreadyStarted`, `alreadyPresent`,
   * `startFailed`, and then the spec isn't kept. Rejects with `TypeError` or `RangeError` for a wrong spec.
   */
  startChild(child: ChildSpec | readonly unknown[], options: AskOptions = FOR_EVER): Promise<StartedChild> {
    return this.ref.ask({ call: 'startChild', child }, options) as Promise<StartedChild>;
  }

  /** Stops a child, for good unless `restartChild`; ok if it was stopped. A temporary one's spec goes too. Code: `notFound`. */
  terminateChild(child: string | ActorRef<never>, options: AskOptions = FOR_EVER): Promise<void> {
    return this.ref.ask({ call: 'terminateChild', child }, options) as Promise<void>;
  }

  /** Starts a stopped child again. Codes: `notFound`, `running`, `restarting`, `startFailed`. */
  restartChild(child: string, options: AskOptions = FOR_EVER): Promise<StartedChild> {
    return this.ref.ask({ call: 'restartChild', child }, options) as Promise<StartedChild>;
  }

  /** Forgets a stopped child. Codes: `notFound`, `running`, `restarting`. */
  deleteChild(child: string, options: AskOptions = FOR_EVER): Promise<void> {
    return this.ref.ask({ call: 'deleteChild', child }, options) as Promise<void>;
  }

  /** The child's spec with all defaults filled in. Code: `notFound`. */
  getChildSpec(child: string | ActorRef<never>, options: AskOptions = FOR_EVER): Promise<ChildSpec> {
    return this.ref.ask({ call: 'getChildSpec', child }, options) as Promise<ChildSpec>;
  }

  /** All children, newest first. */
  children(options: AskOptions = FOR_EVER): Promise<ChildInfo[]> {
    return this.ref.ask({ call: 'children' }, options) as Promise<ChildInfo[]>;
  }

  /** How many there are, by kind. */
  count(options: AskOptions = FOR_EVER): Promise<ChildCount> {
    return this.ref.ask({ call: 'count' }, options) as Promise<ChildCount>;
  }

  /**
   * Changes options and specs: those known by their id keep running and use the new spec from their next start on, new ones aren't started, missing ones
   * stay. A wrong spec rejects the whole change. Source: OTP's `code_change`.
   */
  reconfigure(options: SupervisorOptions, ask: AskOptions = FOR_EVER): Promise<void> {
    return this.ref.ask({ call: 'reconfigure', options }, ask) as Promise<void>;
  }

  /** The ref of a child of that declaration, which stays the same when the child is restarted. `undefined` if there is none running. */
  // oxlint-disable-next-line typescript/no-explicit-any -- whatever it takes
  async child<M>(
    _actor: Actor<M, any>,
    id: string,
    options: AskOptions = FOR_EVER,
  ): Promise<ActorRef<M> | undefined> {
    const children = await this.children(options);
    return children.find(child => child.id === id)?.ref as ActorRef<M> | undefined;
  }
}
