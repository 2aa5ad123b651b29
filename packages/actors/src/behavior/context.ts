/** What an actor has of its surroundings: its own address, its children, its timers. Belongs to one instance; not for use outside the actor. */
import type { Event } from '@heddle/core';
import type { Cell } from '../runtime/cell.ts';
import { Envelope } from '../runtime/envelope.ts';
import { AdapterRef } from '../runtime/local-ref.ts';
import { checkRef } from '../runtime/ref.ts';
import type { ActorRef, Answer, AskOptions, Question } from '../runtime/ref.ts';
import { spawnChild } from '../runtime/spawn.ts';
import type { SpawnArguments } from '../runtime/spawn.ts';
import { cellHere, stopActor } from '../runtime/when-ended.ts';
import type { StopOptions } from '../runtime/when-ended.ts';
import type { EventStream } from '../services/event-stream.ts';
import type { Registry } from '../services/registry.ts';
import { checkReason } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { ActorTimers } from '../timers/actor-timers.ts';
import type { Actor, SetupFunction } from './actor.ts';

/** The result of a promise, on its way to the actor that wanted it. */
class Piped extends Envelope {
  override readonly content: unknown;
  readonly #translate: (value: never) => unknown;
  readonly #isCurrent: () => boolean;

  constructor(value: unknown, translate: (value: never) => unknown, isCurrent: () => boolean) {
    super();
    this.content = value;
    this.#translate = translate;
    this.#isCurrent = isCurrent;
  }

  override open(): { readonly message: unknown } | undefined {
    return this.#isCurrent() ? { message: this.#translate(this.content as never) } : undefined;
  }

  override preview(): { readonly message: unknown } | undefined {
    try {
      return this.open();
    } catch {
      return undefined; // That is the actor's failure, when its turn comes.
    }
  }
}

/** `M` is the type of the actor's messages. */
export class Context<in out M> {
  readonly #cell: Cell;

  /** @internal */
  constructor(cell: Cell) {
    this.#cell = cell;
  }

  /** @internal */
  get cell(): Cell {
    return this.#cell;
  }

  /** Its own address. */
  get self(): ActorRef<M> {
    return this.#cell.ref as ActorRef<M>;
  }

  get name(): string {
    return this.#cell.name;
  }

  get path(): string {
    return this.#cell.path;
  }

  /** The addresses of its children that are alive, in the order of their start (snapshot). */
  get children(): ActorRef<never>[] {
    const children = this.#cell.knownChildren;
    return children === undefined
      ? []
      : [...children].filter(child => child.alive).map(child => child.ref as ActorRef<never>);
  }

  /** How often it has been restarted before. */
  get restarts(): number {
    return this.#cell.restarts;
  }

  /** How many messages wait (snapshot). */
  get waiting(): number {
    return this.#cell.mailbox.size;
  }

  /**
   * Starts a child, which ends with this actor. Its setup function runs in its own turn, after this one; an error in it is the child's. With `watch` or `link`
   * there is no moment at which the child could end unseen.
   *
   * Throws `NameTakenError` naming the holder, and `TypeError` or `RangeError` for wrong options.
   */
  spawn<C, A extends unknown[]>(
    actor: Actor<C, A> | SetupFunction<C, A>,
    ...options: SpawnArguments<A>
  ): ActorRef<C> {
    return spawnChild(this.#cell, actor, options[0]) as ActorRef<C>;
  }

  /**
   * Asks a child to end, having handled what its mailbox holds; when its `shutdown` time is over it is killed. Resolves with the reason when it has ended. With a
   * `timeout` or `signal` only the wait ends, with core's `TimeoutError` or `signal.reason`; the stop goes on. Throws `TypeError` for a ref that isn't a child's.
   */
  stop(child: ActorRef<never>, options?: StopOptions): Promise<ExitReason> {
    checkRef(child, 'stop');
    const { runtime } = this.#cell;
    if (cellHere(runtime, child)?.parent !== this.#cell) {
      throw new TypeError(
        `${this.path}: stop() is for children; ${child.path} is none. Use exit(), or ask its parent`,
      );
    }
    return stopActor(runtime, child, options);
  }

  /** Asks for exactly one `down` when `ref` ends, as a signal, or as `message` if there is one; at once with `noproc` if it has ended. Returns the number for `unwatch`. */
  watch(ref: ActorRef<never>, ...message: [message?: M]): number {
    checkRef(ref, 'watch');
    const cell = this.#cell;
    const watch = cell.runtime.nextId();
    cell.bonds.watching.set(watch, {
      target: ref,
      hasMessage: message.length > 0,
      message: message[0],
      callback: undefined,
    });
    ref.signal({ kind: 'watch', from: cell.ref as ActorRef<never>, watch });
    return watch;
  }

  /** Takes back one `watch`; a `down` of it that is queued never arrives. Returns false if it was over. */
  unwatch(watch: number): boolean {
    const { watching } = this.#cell.bonds;
    const known = watching.get(watch);
    if (known === undefined) return false;
    watching.delete(watch);
    known.target.signal({ kind: 'unwatch', from: this.#cell.ref as ActorRef<never>, watch });
    return true;
  }

  /** Ties the two together: when one ends for a reason that isn't `normal`, so does the other, unless it traps exits. Source: OTP. */
  link(ref: ActorRef<never>): void {
    checkRef(ref, 'link');
    const from = this.#cell.ref as ActorRef<never>;
    if (ref.id === from.id) return;
    this.#cell.bonds.links.set(ref.id, ref);
    ref.signal({ kind: 'link', from });
  }

  /** Unties them; an exit of `ref` that is queued has no effect any more. */
  unlink(ref: ActorRef<never>): void {
    checkRef(ref, 'unlink');
    this.#cell.bonds.links.delete(ref.id);
    ref.signal({ kind: 'unlink', from: this.#cell.ref as ActorRef<never> });
  }

  /** Whether exits of linked actors, and `exit` calls, come as signals instead of ending this actor. */
  get trapExit(): boolean {
    return this.#cell.trapExit;
  }

  set trapExit(trap: boolean) {
    this.#cell.trapExit = trap;
  }

  /**
   * Sends an exit signal, as a linked actor's end would be: `normal` has no effect unless trapped, `killed` can't be trapped, any other ends an actor that doesn't
   * trap. Source: OTP's `exit/2`.
   */
  exit(ref: ActorRef<never>, reason: ExitReason): void {
    checkRef(ref, 'exit');
    checkReason(reason, `exit ${ref.path}`);
    if (reason.type === 'killed') ref.signal({ kind: 'kill' });
    else ref.signal({ kind: 'exit', from: this.#cell.ref as ActorRef<never>, reason, linked: false });
  }

  /** As `ref.ask`, and certain to notice a question to oneself. */
  ask<T, const Q extends Question<T>>(
    ref: ActorRef<T>,
    question: Q,
    options?: AskOptions,
  ): Promise<Answer<T, Q>> {
    if (ref.id === this.#cell.id) {
      throw new TypeError(
        `ask ${this.path}: an actor that asks itself would wait for ever; tell, or call the function`,
      );
    }
    return ref.ask(question, options) as Promise<Answer<T, Q>>;
  }

  /** Keeps a message for later. Throws `StashFullError` beyond `stashCapacity`, and then the message is lost unless handled. */
  stash(message: M): void {
    const cell = this.#cell;
    cell.bonds.stash(message, cell.stashCapacity, this.path);
    if (cell.gauge !== -1) cell.runtime.gauges!.waits(cell.gauge);
  }

  /** Puts all stashed messages before those that wait, in the order in which they were stashed. They are handled one by one, by whatever behaviour there is by then. */
  unstashAll(): void {
    const { knownBonds } = this.#cell;
    if (knownBonds !== undefined) this.#cell.putBack(knownBonds.takeStash());
  }

  /** How many messages are stashed. */
  get stashed(): number {
    return this.#cell.knownBonds?.stashed ?? 0;
  }

  /** Has a `receiveTimeout` signal come whenever no message came for `ms` milliseconds; `undefined` ends that. */
  setReceiveTimeout(ms: number | undefined): void {
    if (ms !== undefined && !(ms > 0))
      throw new RangeError(`setReceiveTimeout: milliseconds must be more than 0, got ${ms}`);
    this.#cell.bonds.setReceiveTimeout(this.#cell, ms);
  }

  /**
   * A second address for messages of another type; `translate` runs here, as part of handling the message. If the mailbox has `priority` or `key`, which must know
   * the message earlier, it runs once more when the message comes.
   */
  adapter<T>(translate: (message: T) => M): ActorRef<T> {
    if (typeof translate !== 'function')
      throw new TypeError(
        `adapter: expected a function that translates, got ${String(translate)} (${typeof translate})`,
      );
    return new AdapterRef<T>(this.#cell, translate as (message: unknown) => unknown);
  }

  /**
   * Has the result of a promise come as a message; both functions run here, as part of handling it (as for `adapter`). If this instance has ended by then, nothing comes. Without `failed` an
   * error of the promise fails the actor.
   */
  pipeToSelf<T>(promise: PromiseLike<T>, done: (value: T) => M, failed?: (error: unknown) => M): void {
    if (typeof (promise as Partial<PromiseLike<T>> | null)?.then !== 'function')
      throw new TypeError(`pipeToSelf: expected a promise, got ${String(promise)} (${typeof promise})`);
    if (typeof done !== 'function')
      throw new TypeError(
        `pipeToSelf: expected a function that makes a message of the value, got ${String(done)} (${typeof done})`,
      );
    const cell = this.#cell;
    const { incarnation } = cell;
    const isCurrent = (): boolean => incarnation === cell.incarnation;
    const pipe = (value: unknown, translate: (value: never) => unknown): void => {
      if (isCurrent()) cell.post(new Piped(value, translate, isCurrent));
      else cell.deadLetter(value, 'restarted');
    };
    const rethrow = (error: unknown): never => {
      throw error;
    };
    promise.then(
      value => pipe(value, done as (value: never) => unknown),
      (error: unknown) => pipe(error, (failed ?? rethrow) as (value: never) => unknown),
    );
  }

  /** Where actors are found by keys, on every thread. */
  get registry(): Registry {
    return this.#cell.runtime.services!.registry;
  }

  /** Publish and subscribe, over all threads. */
  get events(): EventStream {
    return this.#cell.runtime.services!.events;
  }

  /** Its timers, by key; all end with this instance. */
  get timers(): ActorTimers<M> {
    const { bonds } = this.#cell;
    return (bonds.timers ??= new ActorTimers(this.#cell)) as ActorTimers<M>;
  }

  /** Is set when this actor is asked to stop: for busy loops and blocked waits, on any thread. */
  get stopEvent(): Event {
    return this.#cell.stopEvent;
  }

  /** Is aborted when this actor is asked to stop: for `fetch` and the like. */
  get stopSignal(): AbortSignal {
    return this.#cell.stopSignal;
  }
}
