/**
 * `BehaviorKit`: one behaviour by itself, with no system around it. It is handed messages one by one, and what it does (whom it tells, what it spawns, watches, schedules)
 * comes back as values. Source: Pekko's `BehaviorTestKit`.
 */
import { toActor } from '../behavior/actor.ts';
import type { Actor, SetupFunction } from '../behavior/actor.ts';
import type { Behavior, ClosureBehavior, Signal, StateBehavior } from '../behavior/behavior.ts';
import type { Context } from '../behavior/context.ts';
import { checkNames } from '../behavior/names.ts';
import { BECOME, CONTINUE, IGNORE, Next, STARTED, STOP } from '../behavior/next.ts';
import type { ActorRef, Question } from '../runtime/ref.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { EffectContext } from './effect-context.ts';
import { EffectRef } from './effect-ref.ts';
import type { Effect } from './effects.ts';

type AnyBehavior<M> = Partial<ClosureBehavior<M>> & Partial<StateBehavior<unknown, M>>;

export interface BehaviorKitOptions<A extends unknown[]> {
  /** What the setup function takes after the context. */
  readonly args?: A;
  /** The actor's name. Default: the declaration's. */
  readonly name?: string;
}

const NAMES = ['args', 'name'] satisfies (keyof BehaviorKitOptions<never>)[];

/**
 * Runs one behaviour and shows its effects. Children aren't run; timers don't ring: the test says what comes of them by handing over the next message. For what several
 * actors do together there is `TestSystem`.
 *
 * @example
 * const kit = await BehaviorKit.start((context: Context<string>) => text => context.timers.after('tea', 60_000, text));
 * await kit.run('ready');
 * kit.effects.map(({ type }) => type).join(); // => timerStarted
 */
export class BehaviorKit<M> {
  readonly #context: EffectContext<M>;
  #effects: Effect[] = [];
  #behavior: AnyBehavior<M> | undefined;
  #receive: ((first: unknown, second?: unknown) => unknown) | undefined;
  #state: unknown;
  #stateful = false;
  #end: ExitReason | undefined;

  private constructor(name: string) {
    this.#context = new EffectContext<M>(name, effect => void this.#effects.push(effect));
  }

  /** Runs the setup function. What it did is in `effects`; what it threw is a `failed` effect. */
  // oxlint-disable-next-line typescript/no-explicit-any -- arguments are contravariant: only `any` accepts all
  static async start<M, A extends any[]>(
    start: Actor<M, A> | SetupFunction<M, A>,
    options: BehaviorKitOptions<A> = {},
  ): Promise<BehaviorKit<M>> {
    const actor = toActor(start, 'BehaviorKit');
    checkNames(options, NAMES, 'BehaviorKit');
    const kit = new BehaviorKit<M>(options.name ?? (actor.name === '' ? 'actor' : actor.name));
    const setup = actor.setup as unknown as (context: Context<M>, ...args: unknown[]) => unknown;
    await kit.#guarded(async () => {
      const made = await setup(kit.#context as unknown as Context<M>, ...(options.args ?? []));
      if (!(made instanceof Next)) return kit.#install(made as Behavior<M>);
      if (made.kind === IGNORE) {
        kit.#effects.push({ type: 'ignored' });
        kit.#end = exit.normal;
      } else if (made.kind === STARTED) {
        kit.#install(made.value as Behavior<M>);
        kit.#effects.push({ type: 'started', info: made.info });
      } else kit.#follow(made, undefined);
    });
    return kit;
  }

  /** The actor's own address, as it knows it. */
  get self(): ActorRef<M> {
    return this.#context.self;
  }

  /** Why it has ended; `undefined` while it goes on. */
  get ended(): ExitReason | undefined {
    return this.#end;
  }

  /** The state of a behaviour that has one. */
  get state(): unknown {
    return this.#state;
  }

  /** All effects since the start, or since `takeEffects`. */
  get effects(): readonly Effect[] {
    return this.#effects;
  }

  /** The effects so far, which are forgotten. */
  takeEffects(): Effect[] {
    const taken = this.#effects;
    this.#effects = [];
    return taken;
  }

  /** An address for messages: what is told to it is an effect. */
  inbox<T>(name: string): ActorRef<T> {
    return new EffectRef<T>(`/${name}`, effect => void this.#effects.push(effect));
  }

  /** Hands over a message, and resolves to what came of it once it is handled. Rejects with `TypeError` if the behaviour has ended. */
  run(message: M): Promise<Effect[]> {
    return this.#during(async () => {
      await this.#handle(message);
      await this.#serveStash();
    });
  }

  /** Hands over a question; the answer is a `replied` effect. */
  ask<const Q extends Question<M>>(question: Q): Promise<Effect[]> {
    const reply = {
      tell: (value: unknown) => void this.#effects.push({ type: 'replied', value }),
      fail: (error: unknown) => void this.#effects.push({ type: 'refused', error }),
    };
    return this.run({ ...(question as object), reply } as M);
  }

  /** Hands over a signal. */
  signal(signal: Signal): Promise<Effect[]> {
    return this.#during(async () => {
      if (signal.type === 'down') this.#context.hasEnded(signal.watch);
      const handler = this.#behavior?.signal as ((first: unknown, second?: unknown) => unknown) | undefined;
      if (handler === undefined) return;
      await this.#guarded(async () => {
        this.#settle(await (this.#stateful ? handler(this.#state, signal) : handler(signal)), undefined);
      });
      if (this.#end !== undefined) await this.#finish(this.#end);
      await this.#serveStash();
    });
  }

  /** Asks it to stop: the stop event and signal are set, and its `stopped` hook runs. */
  stop(reason: ExitReason = exit.shutdown): Promise<Effect[]> {
    return this.#during(async () => {
      this.#context.stopEvent.set();
      this.#context.abort.abort();
      await this.#finish(reason);
    });
  }

  async #during(action: () => Promise<void>): Promise<Effect[]> {
    if (this.#end !== undefined) {
      throw new TypeError(`BehaviorKit: ${this.#context.path} has ended (${this.#end.type})`);
    }
    const before = this.#effects.length;
    await action();
    return this.#effects.slice(before);
  }

  async #handle(message: M): Promise<void> {
    await this.#guarded(async () => {
      const receive = this.#receive!;
      this.#settle(await (this.#stateful ? receive(this.#state, message) : receive(message)), message);
    });
    if (this.#end !== undefined) await this.#finish(this.#end);
  }

  /** Those that were unstashed are handled one by one, by whatever behaviour there is by then. */
  async #serveStash(): Promise<void> {
    const { unstashed } = this.#context;
    while (this.#end === undefined && unstashed.length > 0) await this.#handle(unstashed.shift()!);
  }

  async #guarded(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#effects.push({ type: 'failed', error });
      this.#end = exit.error(error);
    }
  }

  #settle(result: unknown, message: unknown): void {
    if (result instanceof Next) this.#follow(result, message);
    else if (this.#stateful && result !== undefined) this.#state = result;
  }

  #follow({ kind, value }: Next, message: unknown): void {
    if (kind === CONTINUE) this.#state = value;
    else if (kind === BECOME) {
      this.#install(value as Behavior<M>);
      this.#effects.push({ type: 'became', behavior: value as Behavior<M> });
    } else if (kind === STOP) this.#end = value as ExitReason;
    else this.#effects.push({ type: 'unhandled', message });
  }

  #install(behavior: Behavior<M>): void {
    if (typeof behavior === 'function') {
      this.#behavior = undefined;
      this.#receive = behavior as (message: unknown) => unknown;
      this.#stateful = false;
      return;
    }
    const full = behavior as AnyBehavior<M>;
    if (typeof full?.receive !== 'function') {
      throw new TypeError(
        `${this.#context.path}: a behaviour must be a function or an object with receive, got ${String(behavior)}`,
      );
    }
    this.#behavior = full;
    this.#receive = full.receive as (first: unknown) => unknown;
    this.#stateful = 'state' in full;
    this.#state = full.state;
  }

  async #finish(reason: ExitReason): Promise<void> {
    this.#end = reason;
    const hook = this.#behavior?.stopped as ((first: unknown, second?: unknown) => unknown) | undefined;
    if (hook !== undefined) {
      try {
        await (this.#stateful ? hook(this.#state, reason) : hook(reason));
      } catch (error) {
        this.#effects.push({ type: 'failed', error });
      }
    }
    this.#effects.push({ type: 'stopped', reason });
  }
}
