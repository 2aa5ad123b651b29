/** `Registry`: actors found by typed keys, from every thread. */
import { NameTakenError } from '../errors.ts';
import type { ActorRef, AskOptions } from '../runtime/ref.ts';
import { Key } from './key.ts';
import type { Listing, RegistryMessage } from './registry-actor.ts';

/**
 * Where actors are found by keys. One for a system: `system.registry`, and `context.registry` in actors of every thread. Who ends is removed; a child that its supervisor
 * starts again is another one to the registry, and enters anew, best in its setup.
 *
 * All calls go to one actor on the main thread, reject as `ask` does, and take its options. Source: Erlang's `register` and `pg`, Pekko's receptionist.
 *
 * @example
 * const printers = new Key<PrintJob>('printers');
 * await context.registry.join(printers, context.self);
 * const [first] = await system.registry.members(printers);
 */
export class Registry {
  readonly #actor: () => ActorRef<RegistryMessage>;

  /** @internal */
  constructor(actor: () => ActorRef<RegistryMessage>) {
    this.#actor = actor;
  }

  /**
   * Gives `ref` the key to itself, as a name. Rejects with `NameTakenError`, which says who has it, if somebody stands under it. Doing it again is allowed. Source: Erlang's
   * `register/2`.
   */
  async register<M>(key: Key<M>, ref: ActorRef<M>, options?: AskOptions): Promise<void> {
    await this.#enter(key, ref, true, options);
  }

  /** Puts `ref` under the key, beside others. Rejects with `NameTakenError` if somebody has the key to itself. Source: Erlang's `pg:join`. */
  async join<M>(key: Key<M>, ref: ActorRef<M>, options?: AskOptions): Promise<void> {
    await this.#enter(key, ref, false, options);
  }

  async #enter<M>(key: Key<M>, ref: ActorRef<M>, alone: boolean, options?: AskOptions): Promise<void> {
    const name = nameOf(key, alone ? 'register' : 'join');
    const question = { type: 'enter', key: name, ref: ref as ActorRef<never>, alone } as const;
    const taken = await this.#actor().ask(question, options);
    if (taken === undefined) return;
    throw new NameTakenError(
      `${alone ? 'register' : 'join'}: the key "${name}" is taken by ${taken.path} (actor ${taken.id})`,
    );
  }

  /** Takes `ref` away from the key. Resolves to false if it wasn't there. */
  leave<M>(key: Key<M>, ref: ActorRef<M>, options?: AskOptions): Promise<boolean> {
    const name = nameOf(key, 'leave');
    return this.#actor().ask({ type: 'leave', key: name, ref: ref as ActorRef<never> }, options);
  }

  /** All that stand under the key, in the order in which they came. */
  members<M>(key: Key<M>, options?: AskOptions): Promise<ActorRef<M>[]> {
    const question = { type: 'members', key: nameOf(key, 'members') } as const;
    return this.#actor().ask(question, options) as Promise<ActorRef<M>[]>;
  }

  /** The one that stands under the key, or the first of several; `undefined` if there is none. */
  async find<M>(key: Key<M>, options?: AskOptions): Promise<ActorRef<M> | undefined> {
    return (await this.members(key, options))[0];
  }

  /** Has `to` told who stands under the key, at once and after each change, until it ends or `unsubscribe`. */
  subscribe<M>(key: Key<M>, to: ActorRef<Listing<M>>, options?: AskOptions): Promise<void> {
    const name = nameOf(key, 'subscribe');
    return this.#actor().ask({ type: 'subscribe', key: name, to: to as ActorRef<never> }, options);
  }

  /** Ends that. Ok if it wasn't subscribed. */
  unsubscribe<M>(key: Key<M>, to: ActorRef<Listing<M>>, options?: AskOptions): Promise<void> {
    const name = nameOf(key, 'unsubscribe');
    return this.#actor().ask({ type: 'unsubscribe', key: name, to: to as ActorRef<never> }, options);
  }
}

function nameOf(key: unknown, call: string): string {
  if (key instanceof Key) return key.name;
  throw new TypeError(`registry.${call}: expected a Key, got ${String(key)} (${typeof key})`);
}
