/**
 * `TestSystem`: actors under a scheduler with a seed and a clock that stands still. The same seed gives the same trace; another seed, other interleavings of
 * whatever actors do at the same time. Promises are awaited by going through the event loop; of real input and output it knows nothing.
 */
import type { Actor, SetupFunction } from '../behavior/actor.ts';
import type { Context } from '../behavior/context.ts';
import { behavior } from '../behavior/behavior.ts';
import type { Signal } from '../behavior/behavior.ts';
import { checkNames } from '../behavior/names.ts';
import type { Cell } from '../runtime/cell.ts';
import type { DeadLetter } from '../runtime/dead-letters.ts';
import { LocalRef } from '../runtime/local-ref.ts';
import { checkRef } from '../runtime/ref.ts';
import type { ActorRef } from '../runtime/ref.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import type { Observer } from '../runtime/runtime.ts';
import type { Report } from '../runtime/report.ts';
import type { SpawnArguments } from '../runtime/spawn.ts';
import { ActorSystem } from '../runtime/system.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { isService } from '../services/services.ts';
import { FaultyMailbox, checkFaults } from './faults.ts';
import type { Faults } from './faults.ts';
import { seededRandom } from './random.ts';
import { SimulatedThreads } from './simulated-threads.ts';
import type { Choice } from './simulated-threads.ts';
import { VirtualHost } from './virtual-host.ts';

/** One step in the life of an actor, in the order in which they happened. */
export type LifeEvent =
  /** A start attempt, and what came of it. */
  | {
      readonly type: 'started';
      readonly path: string;
      readonly outcome: 'ok' | 'ignore' | 'error';
      /** Why it failed, if the outcome is `error`. */
      readonly reason?: ExitReason;
      /** What the setup gave to `next.started`, if it did. */
      readonly info?: unknown;
      readonly at: number;
    }
  | { readonly type: 'stopping'; readonly path: string; readonly reason: ExitReason; readonly at: number }
  | { readonly type: 'exited'; readonly path: string; readonly reason: ExitReason; readonly at: number };

export interface TestSystemOptions {
  /** Which interleaving. Default: 1. */
  readonly seed?: number;
  /** What goes wrong on purpose. */
  readonly faults?: Faults;
  /** So many simulated threads for actors whose `placement` asks for one. Their modules must be loaded in this one. Default: 0. */
  readonly threads?: number;
  /** Is called with each start attempt, end and report, in the order in which they happen, before anybody else learns of them. */
  readonly onEvent?: (event: LifeEvent | Report) => void;
}

const NAMES = ['seed', 'faults', 'threads', 'onEvent'] satisfies (keyof TestSystemOptions)[];

/** More visits than this without becoming idle are taken for a loop that never ends. */
const MOST_STEPS = 5_000_000;
/** One visit in so many is followed by a turn of the event loop, in which promises go on. */
const TURN_EVERY = 8;

/** Records what is sent to it. */
export interface Probe<M> {
  readonly ref: ActorRef<M>;
  readonly messages: M[];
  readonly signals: Signal[];
}

export class TestSystem {
  readonly system: ActorSystem;
  /** Starts and ends, before anybody else learned of them. */
  readonly life: LifeEvent[] = [];
  readonly reports: Report[] = [];
  readonly deadLetters: DeadLetter[] = [];
  readonly seed: number;
  readonly #host: VirtualHost;
  #threads: SimulatedThreads | undefined;
  readonly #threadDeath: number;
  readonly #faultRandom: () => number;
  readonly #choose: () => number;
  #probes = 0;

  /** Throws `TypeError` or `RangeError` naming the option that is wrong. */
  constructor(options: TestSystemOptions = {}) {
    checkNames(options, NAMES, 'TestSystem');
    if (options.seed !== undefined && !Number.isSafeInteger(options.seed))
      throw new RangeError(
        `TestSystem: seed must be a whole number, got ${String(options.seed)} (${typeof options.seed})`,
      );
    if (options.faults !== undefined) checkFaults(options.faults);
    this.seed = options.seed ?? 1;
    const clock = { now: 0 };
    this.#host = new VirtualHost(this.seed, clock);
    this.#choose = seededRandom(this.seed ^ 0x5eed);
    const { faults } = options;
    const faultRandom = seededRandom(this.seed ^ 0xfa17);
    this.#faultRandom = faultRandom;
    this.#threadDeath = faults?.threadDeath ?? 0;
    const { onEvent } = options;
    const note = (event: LifeEvent): void => {
      // The root of the tree is nobody's business.
      if ((event.path === '' && event.type === 'started') || isService(event.path)) return;
      this.life.push(event);
      onEvent?.(event);
    };
    const step = (cell: Cell) => ({ path: cell.path, at: this.#host.now() });
    const observer: Observer = {
      // What stands for an actor on another thread is not the actor.
      started: (cell, started) => {
        if (cell.agent === undefined) note({ type: 'started', ...started, ...step(cell) });
      },
      stopping: (cell, reason) => {
        if (cell.agent === undefined) note({ type: 'stopping', reason, ...step(cell) });
      },
      exited: (cell, reason) => {
        // Of a thread's death the actors on it say nothing themselves.
        if (cell.agent === undefined || reason.type === 'threadDied')
          note({ type: 'exited', reason, ...step(cell) });
      },
    };
    const wrapMailbox =
      faults === undefined
        ? undefined
        : (cell: Cell, mailbox: Mailbox) => new FaultyMailbox(mailbox, cell, faults, faultRandom);
    this.system = new ActorSystem({
      name: `test ${this.seed}`,
      host: this.#host,
      threads: options.threads ?? 0,
      makeThreads: (runtime, name, count) =>
        (this.#threads = new SimulatedThreads(runtime, name, count, {
          seed: this.seed,
          clock,
          choose: this.#choose,
          observer,
          wrapMailbox,
        })),
      report: report => {
        this.reports.push(report);
        onEvent?.(report);
      },
      observer,
      ...(wrapMailbox !== undefined && { wrapMailbox }),
    });
    this.system.dispatcher.throughput = 1;
    this.system.deadLetters.subscribe(letter => this.deadLetters.push(letter));
  }

  /** Virtual milliseconds since the beginning. */
  get now(): number {
    return this.#host.now();
  }

  /** How many waits would keep a real program running: 0 when nothing is awaited. */
  get held(): number {
    return this.#host.held;
  }

  // oxlint-disable-next-line typescript/no-explicit-any -- as in ActorSystem
  spawn<M, A extends any[]>(
    actor: Actor<M, A> | SetupFunction<M, A>,
    ...options: SpawnArguments<A>
  ): ActorRef<M> {
    return this.system.spawn(actor, ...options);
  }

  /** An actor that keeps what it is sent. It traps exits. */
  probe<M>(name: string = `probe-${(this.#probes += 1)}`): Probe<M> {
    const messages: M[] = [];
    const signals: Signal[] = [];
    const ref = this.system.spawn(
      (context: Context<M>) => {
        context.trapExit = true;
        return behavior<M>({
          receive: message => void messages.push(message),
          signal: signal => void signals.push(signal),
        });
      },
      { name },
    );
    return { ref, messages, signals };
  }

  /** Runs until nobody has anything to do, at the present time. */
  async settle(): Promise<void> {
    for (let steps = 0; ;) {
      while (this.#step()) {
        if ((steps += 1) > MOST_STEPS)
          throw new Error(`settle: still busy after ${MOST_STEPS} visits (seed ${this.seed})`);
        if (Math.floor(this.#choose() * TURN_EVERY) === 0) await turn();
      }
      await turn();
      if (this.#choices().length === 0) return;
    }
  }

  /** Runs for at most so many steps: visits of actors that handle one message each, and packets from thread to thread. Resolves to how many there were. */
  async steps(most: number): Promise<number> {
    if (!Number.isSafeInteger(most) || most < 0)
      throw new RangeError(`steps: expected a whole number from 0, got ${String(most)} (${typeof most})`);
    for (let count = 0; ; count++) {
      if (count === most) return count;
      if (this.#step()) continue;
      await turn();
      if (!this.#step()) return count;
    }
  }

  /** One visit of one actor, or one packet from thread to thread; false if there is nothing to do. */
  #step(): boolean {
    const choices = this.#choices();
    if (choices.length === 0) return false;
    let chosen = Math.floor(this.#choose() * choices.reduce((sum, { weight }) => sum + weight, 0));
    for (const { weight, run } of choices) {
      if (chosen < weight) {
        run(chosen);
        break;
      }
      chosen -= weight;
    }
    const threads = this.#threads!;
    if (this.#threadDeath > 0 && threads.size > 0 && this.#faultRandom() < this.#threadDeath)
      threads.kill(1 + Math.floor(this.#faultRandom() * threads.size));
    return true;
  }

  #choices(): Choice[] {
    const { dispatcher } = this.system;
    const { waiting } = dispatcher;
    const others = this.#threads!.choices();
    if (waiting > 0) others.push({ weight: waiting, run: index => dispatcher.step(index, 1) });
    return others;
  }

  /** When the next alarm of any thread rings. */
  get #next(): number | undefined {
    const all = [this.#host, ...this.#threads!.hosts].map(({ next }) => next ?? Infinity);
    const next = Math.min(...all);
    return next === Infinity ? undefined : next;
  }

  #moveTo(time: number): void {
    for (const host of [this.#host, ...this.#threads!.hosts]) host.moveTo(time);
  }

  /** Ends a simulated thread, from 1, as `terminate()` would: its actors end with `threadDied`, another thread takes its place and gets what it hadn't begun. */
  killThread(slot: number): void {
    this.#threads!.kill(slot);
  }

  /** Lets `ms` milliseconds pass, and everything happen that happens meanwhile. */
  async advance(ms: number): Promise<void> {
    if (typeof ms !== 'number' || !(ms >= 0 && ms < Infinity))
      throw new RangeError(`advance: expected 0 or more milliseconds, got ${String(ms)} (${typeof ms})`);
    const target = this.#host.now() + ms;
    await this.settle();
    for (let next = this.#next; next !== undefined && next <= target; next = this.#next) {
      this.#moveTo(next);
      await this.settle();
    }
    this.#moveTo(target);
    await this.settle();
  }

  /** Runs while `promise` is pending, letting time pass as needed; returns its value. Throws if nothing could ever settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    if (typeof (promise as Partial<Promise<T>> | null)?.then !== 'function')
      throw new TypeError(`until: expected a promise, got ${String(promise)} (${typeof promise})`);
    let settled = false;
    promise.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (;;) {
      await this.settle();
      if (settled) return promise;
      const next = this.#next;
      if (next === undefined)
        throw new Error(`until: the promise is pending and nothing is left to happen (seed ${this.seed})`);
      this.#moveTo(next);
    }
  }

  /** Makes an actor take nothing, signals neither, until `release`; a kill still ends it. */
  hold(ref: ActorRef<never>): void {
    this.#cellOf(ref).hold(true);
  }

  release(ref: ActorRef<never>): void {
    this.#cellOf(ref).hold(false);
  }

  #cellOf(ref: ActorRef<never>): Cell {
    checkRef(ref, 'TestSystem');
    const cell = ref instanceof LocalRef ? ref.cell : this.#threads!.find(ref.id);
    if (cell === undefined) throw new TypeError(`${ref.path}: not an actor of this system`);
    return cell;
  }

  /** The trace in short: `+ /a` started, `! /a` start failed, `- /a normal` exited. */
  get trace(): string[] {
    return this.life.flatMap(event => {
      if (event.type === 'stopping') return [];
      if (event.type === 'exited') return [`- ${event.path} ${event.reason.type}`];
      return [`${{ ok: '+', ignore: '?', error: '!' }[event.outcome]} ${event.path}`];
    });
  }
}

/** A turn of the event loop: all promises that can go on do. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
