/**
 * `TestSystem`: actors under a scheduler with a seed and a clock that stands still. The same seed gives the same trace; another seed, other interleavings of
 * whatever actors do at the same time. Promises are awaited by going through the event loop; of real input and output it knows nothing.
 */
import type { Actor, SetupFunction } from '../behavior/actor.ts';
import type { Context } from '../behavior/context.ts';
import { behavior } from '../behavior/behavior.ts';
import type { Signal } from '../behavior/behavior.ts';
import type { Cell } from '../runtime/cell.ts';
import type { DeadLetter } from '../runtime/dead-letters.ts';
import { LocalRef } from '../runtime/local-ref.ts';
import type { ActorRef } from '../runtime/ref.ts';
import type { Report } from '../runtime/report.ts';
import type { SpawnArguments } from '../runtime/spawn.ts';
import { ActorSystem } from '../runtime/system.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { isService } from '../services/services.ts';
import { FaultyMailbox } from './faults.ts';
import type { Faults } from './faults.ts';
import { seededRandom } from './random.ts';
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
  /** Is called with each start attempt, end and report, in the order in which they happen, before anybody else learns of them. */
  readonly onEvent?: (event: LifeEvent | Report) => void;
}

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
  readonly #choose: () => number;
  #probes = 0;

  constructor(options: TestSystemOptions = {}) {
    this.seed = options.seed ?? 1;
    this.#host = new VirtualHost(this.seed);
    this.#choose = seededRandom(this.seed ^ 0x5eed);
    const { faults } = options;
    const faultRandom = seededRandom(this.seed ^ 0xfa17);
    const { onEvent } = options;
    const note = (event: LifeEvent): void => {
      // The root of the tree is nobody's business.
      if ((event.path === '' && event.type === 'started') || isService(event.path)) return;
      this.life.push(event);
      onEvent?.(event);
    };
    const step = (cell: Cell) => ({ path: cell.path, at: this.#host.now() });
    this.system = new ActorSystem({
      name: `test ${this.seed}`,
      host: this.#host,
      report: report => {
        this.reports.push(report);
        onEvent?.(report);
      },
      observer: {
        started: (cell, started) => note({ type: 'started', ...started, ...step(cell) }),
        stopping: (cell, reason) => note({ type: 'stopping', reason, ...step(cell) }),
        exited: (cell, reason) => note({ type: 'exited', reason, ...step(cell) }),
      },
      ...(faults !== undefined && {
        wrapMailbox: (cell: Cell, mailbox) => new FaultyMailbox(mailbox, cell, faults, faultRandom),
      }),
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
    const { dispatcher } = this.system;
    for (let steps = 0; ;) {
      while (dispatcher.waiting > 0) {
        dispatcher.step(Math.floor(this.#choose() * dispatcher.waiting), 1);
        if ((steps += 1) > MOST_STEPS)
          throw new Error(`settle: still busy after ${MOST_STEPS} visits (seed ${this.seed})`);
        if (Math.floor(this.#choose() * TURN_EVERY) === 0) await turn();
      }
      await turn();
      if (dispatcher.waiting === 0) return;
    }
  }

  /** Lets `ms` milliseconds pass, and everything happen that happens meanwhile. */
  async advance(ms: number): Promise<void> {
    const target = this.#host.now() + ms;
    await this.settle();
    for (let { next } = this.#host; next !== undefined && next <= target; { next } = this.#host) {
      this.#host.moveTo(next);
      await this.settle();
    }
    this.#host.moveTo(target);
    await this.settle();
  }

  /** Runs while `promise` is pending, letting time pass as needed; returns its value. Throws if nothing could ever settle it. */
  async until<T>(promise: Promise<T>): Promise<T> {
    let settled = false;
    promise.then(
      () => (settled = true),
      () => (settled = true),
    );
    for (;;) {
      await this.settle();
      if (settled) return promise;
      const { next } = this.#host;
      if (next === undefined)
        throw new Error(`until: the promise is pending and nothing is left to happen (seed ${this.seed})`);
      this.#host.moveTo(next);
    }
  }

  /** Makes an actor take nothing, signals neither, until `release`; a kill still ends it. */
  hold(ref: ActorRef<never>): void {
    cellOf(ref).hold(true);
  }

  release(ref: ActorRef<never>): void {
    cellOf(ref).hold(false);
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

function cellOf(ref: ActorRef<never>): Cell {
  if (!(ref instanceof LocalRef)) throw new TypeError(`${ref.path}: not an actor of this system`);
  return ref.cell;
}

/** A turn of the event loop: all promises that can go on do. */
function turn(): Promise<void> {
  return new Promise(resolve => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}
