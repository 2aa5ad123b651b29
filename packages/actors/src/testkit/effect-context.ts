/** The context of a behaviour under a `BehaviorKit`: it does nothing, and records what it was asked to do. */
import { Event } from '@heddle/core';
import type { Actor, SetupFunction } from '../behavior/actor.ts';
import type { ActorRef } from '../runtime/ref.ts';
import type { EventMessage } from '../services/event-stream-actor.ts';
import { EventStream } from '../services/event-stream.ts';
import type { RegistryMessage } from '../services/registry-actor.ts';
import { Registry } from '../services/registry.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { SpawnOptions } from '../runtime/spawn.ts';
import type { StopOptions } from '../runtime/when-ended.ts';
import type { TimerRef } from '../timers/actor-timers.ts';
import { checkSchedule } from '../timers/schedule.ts';
import type { Schedule } from '../timers/schedule.ts';
import { AdaptedEffectRef, EffectRef } from './effect-ref.ts';
import type { Recorder } from './effects.ts';

type TimerKind = 'after' | 'sendAfter' | 'every' | 'everyFixedRate' | 'cron';

export class EffectContext<M> {
  readonly self: ActorRef<M>;
  readonly name: string;
  readonly path: string;
  readonly restarts = 0;
  readonly waiting = 0;
  readonly children: ActorRef<never>[] = [];
  readonly registry: Registry;
  readonly events: EventStream;
  readonly stopEvent: Event = new Event();
  readonly stopSignal: AbortSignal;
  trapExit = false;
  readonly abort: AbortController = new AbortController();
  /** What the kit is to hand over once more. */
  readonly unstashed: M[] = [];
  readonly #stash: M[] = [];
  readonly #record: Recorder;
  readonly #keys = new Set<unknown>();
  readonly #refs = new Set<TimerRef>();
  #timersSent = 0;
  #watches = 0;
  readonly #watching = new Set<number>();

  constructor(name: string, record: Recorder) {
    this.name = name;
    this.path = `/${name}`;
    this.#record = record;
    this.self = new EffectRef<M>(this.path, record);
    this.stopSignal = this.abort.signal;
    const registry = new EffectRef<RegistryMessage>('/system:registry', record);
    const events = new EffectRef<EventMessage>('/system:events', record);
    this.registry = new Registry(() => registry);
    this.events = new EventStream(() => events);
  }

  /** @internal What needs a real actor can't be tested without one. */
  get cell(): never {
    throw new TypeError(
      `${this.path}: this needs a running actor; test it with a TestSystem, not a BehaviorKit`,
    );
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as Context's
  spawn(actor: Actor<any, any> | SetupFunction<any, any>, options: SpawnOptions = {}): ActorRef<never> {
    const name = options.name ?? `${actor.name}:${this.children.length + 1}`;
    const ref = new EffectRef<never>(`${this.path}/${name}`, this.#record);
    this.children.push(ref);
    this.#record({ type: 'spawned', path: ref.path, actor, args: options.args ?? [] });
    if (options.link === true) this.link(ref);
    if (options.watch === true) this.watch(ref);
    return ref;
  }

  stop(child: ActorRef<never>, options: StopOptions = {}): Promise<ExitReason> {
    const at = this.children.findIndex(({ id }) => id === child.id);
    if (at === -1)
      throw new TypeError(
        `${this.path}: stop() is for children; ${child.path} is none. Use exit(), or ask its parent`,
      );
    this.#record({ type: 'childStopped', path: child.path });
    this.children.splice(at, 1);
    return Promise.resolve(options.reason ?? exit.shutdown);
  }

  watch(ref: ActorRef<never>, ...message: [message?: M]): number {
    const watch = (this.#watches += 1);
    this.#watching.add(watch);
    const told = message.length > 0 ? { message: message[0] } : {};
    this.#record({ type: 'watched', path: ref.path, watch, ...told });
    return watch;
  }

  unwatch(watch: number): boolean {
    this.#record({ type: 'unwatched', watch });
    return this.#watching.delete(watch);
  }

  /** @internal The `down` of a watch has come: it is over. */
  hasEnded(watch: number): void {
    this.#watching.delete(watch);
  }

  link(ref: ActorRef<never>): void {
    this.#record({ type: 'linked', path: ref.path });
  }

  unlink(ref: ActorRef<never>): void {
    this.#record({ type: 'unlinked', path: ref.path });
  }

  exit(ref: ActorRef<never>, reason: ExitReason): void {
    this.#record({ type: 'exitSent', path: ref.path, reason });
  }

  ask(ref: ActorRef<unknown>, question: object, options?: object): Promise<unknown> {
    return (ref as unknown as { ask(...args: unknown[]): Promise<unknown> }).ask(question, options);
  }

  stash(message: M): void {
    this.#stash.push(message);
    this.#record({ type: 'stashed', message });
  }

  get stashed(): number {
    return this.#stash.length;
  }

  unstashAll(): void {
    const messages = this.#stash.splice(0);
    this.#record({ type: 'unstashed', messages });
    this.unstashed.unshift(...messages);
  }

  setReceiveTimeout(ms: number | undefined): void {
    this.#record({ type: 'receiveTimeoutSet', ms });
  }

  adapter<T>(translate: (message: T) => M): ActorRef<T> {
    return new AdaptedEffectRef<T, M>(this.self, translate);
  }

  pipeToSelf<T>(promise: PromiseLike<T>, translate: (value: T) => M, failed?: (error: unknown) => M): void {
    promise.then(
      value => this.self.tell(translate(value)),
      (error: unknown) => {
        if (failed === undefined) this.#record({ type: 'failed', error });
        else this.self.tell(failed(error));
      },
    );
  }

  readonly timers: {
    after(key: unknown, ms: number, message: M): void;
    sendAfter(ms: number, message: M): TimerRef;
    every(key: unknown, ms: number, message: M): void;
    everyFixedRate(key: unknown, ms: number, message: M): void;
    cron(key: unknown, schedule: Schedule, message: M): void;
    cancel(key: unknown): boolean;
    cancelTimer(timer: TimerRef): boolean;
    cancelAll(): void;
    has(key: unknown): boolean;
  } = {
    after: (key, ms, message) => this.#timer('after', key, ms, message),
    sendAfter: (ms, message) => {
      const timer = (this.#timersSent += 1) as TimerRef;
      this.#refs.add(timer);
      this.#record({ type: 'timerStarted', key: timer, kind: 'sendAfter', when: ms, message });
      return timer;
    },
    every: (key, ms, message) => this.#timer('every', key, ms, message),
    everyFixedRate: (key, ms, message) => this.#timer('everyFixedRate', key, ms, message),
    cron: (key, schedule, message) => {
      checkSchedule(schedule);
      this.#timer('cron', key, schedule.pattern ?? '', message);
    },
    cancel: key => {
      this.#record({ type: 'timerCancelled', key });
      return this.#keys.delete(key);
    },
    cancelTimer: timer => {
      this.#record({ type: 'timerCancelled', key: timer });
      return this.#refs.delete(timer);
    },
    cancelAll: () => {
      for (const key of this.#keys) this.timers.cancel(key);
      for (const timer of this.#refs) this.timers.cancelTimer(timer);
    },
    has: key => this.#keys.has(key),
  };

  #timer(kind: TimerKind, key: unknown, when: number | string, message: M): void {
    this.#keys.add(key);
    this.#record({ type: 'timerStarted', key, kind, when, message });
  }
}
