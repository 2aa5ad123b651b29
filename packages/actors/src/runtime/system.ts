/** `ActorSystem`: the root of a tree of actors, and what they run on. */
import type { Actor, SetupFunction } from '../behavior/actor.ts';
import { checkNames } from '../behavior/names.ts';
import { checkReason, exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { Observatory } from '../observability/observatory.ts';
import { inspectorPath } from '../observability/inspector.ts';
import type { ActorInfo, ThreadInfo } from '../observability/tree.ts';
import type { Mailbox } from '../mailbox/mailbox.ts';
import { Cell } from './cell.ts';
import { STATE } from './cell/state.ts';
import { DeadLetters } from './dead-letters.ts';
import { createRuntime } from './create-runtime.ts';
import type { Dispatcher } from './dispatcher.ts';
import { PlatformHost } from './host.ts';
import type { Host } from './host.ts';
import { checkRef } from './ref.ts';
import type { ActorRef } from './ref.ts';
import { describeReport } from './report.ts';
import type { Report } from './report.ts';
import { HomeServices } from '../services/services.ts';
import type { EventStream } from '../services/event-stream.ts';
import type { Registry } from '../services/registry.ts';
import { MOST_SLOTS } from './runtime.ts';
import type { Observer, Runtime } from './runtime.ts';
import { spawnChild } from './spawn.ts';
import type { SpawnArguments } from './spawn.ts';
import { Threads } from './threads.ts';
import { stopActor } from './when-ended.ts';
import type { StopOptions } from './when-ended.ts';

/** How a system is set up. */
export interface SystemOptions {
  /** For logs. Default: `actors`. */
  readonly name?: string;
  /**
   * How many scheduler threads there are for actors whose `placement` asks for one. Default: one less than the machine can run at once, at least 1; with 0 everything
   * runs here. They start when the first actor is placed on one, and from then on keep the program running until `stop()`.
   */
  readonly threads?: number;
  /** Is called with crashes, restarts and what supervisors report. Default: one line each to standard error. */
  readonly report?: (report: Report) => void;
  /**
   * Lets `npx heddle inspect` look at the running system, through a Unix socket (on Windows a named pipe) that a thread of its own serves: `true` for
   * `heddle-<pid>.sock` in the directory for temporary files, or a path. Default: what the environment variable `HEDDLE_INSPECT` says (`1` or a path), and otherwise not.
   */
  readonly inspect?: boolean | string;
  /** Time, chance and turns; the testkit's is deterministic. */
  readonly host?: Host;
  /** Sees starts and ends before anybody else. */
  readonly observer?: Observer;
  /** @internal For fault injection. */
  readonly wrapMailbox?: (cell: Cell, mailbox: Mailbox) => Mailbox;
  /** @internal For simulated threads. */
  readonly makeThreads?: (runtime: Runtime, name: string, count: number) => Threads;
}

const OPTIONS = [
  'name',
  'threads',
  'report',
  'inspect',
  'host',
  'observer',
] satisfies (keyof SystemOptions)[];
const INTERNAL = ['wrapMailbox', 'makeThreads'] satisfies (keyof SystemOptions)[];

/** How often dead letters are summed up in a report. */
const SUMMARY_MS = 5000;

const guardian: Actor<never, []> = {
  name: '',
  module: undefined,
  options: {},
  setup: () => () => {},
};

function threadCount({ threads, host }: SystemOptions): number {
  // Virtual time has no threads.
  if (threads === undefined) return host === undefined ? Math.max(1, parallelism() - 1) : 0;
  if (!Number.isSafeInteger(threads) || threads < 0 || threads >= MOST_SLOTS) {
    throw new RangeError(
      `ActorSystem: threads must be a whole number from 0 to ${MOST_SLOTS - 1}, got ${String(threads)} (${typeof threads})`,
    );
  }
  return threads;
}

function inspectedAt({ inspect, host }: SystemOptions): string | undefined {
  const { process } = globalThis as {
    process?: { pid: number; platform: string; env: Record<string, string | undefined> };
  };
  if (process === undefined) return undefined;
  const wanted = inspect ?? (host === undefined ? process.env['HEDDLE_INSPECT'] : undefined);
  if (wanted === undefined || wanted === false || wanted === '' || wanted === '0') return undefined;
  const tmp = (process.env['TMPDIR'] ?? '/tmp').replace(/\/$/, '');
  return inspectorPath(wanted, process.pid, process.platform, tmp);
}

function parallelism(): number {
  return (globalThis as { navigator?: { hardwareConcurrency?: number } }).navigator?.hardwareConcurrency ?? 2;
}

function checkOptions(options: SystemOptions): void {
  const wrong = (name: string, expected: string, value: unknown): TypeError =>
    new TypeError(`ActorSystem: ${name} must be ${expected}, got ${String(value)} (${typeof value})`);
  if (typeof options !== 'object' || options === null)
    throw wrong('what it is given', 'an object of options', options);
  checkNames(options, OPTIONS, 'ActorSystem', INTERNAL);
  const { name, report, inspect } = options;
  if (name !== undefined && typeof name !== 'string') throw wrong('name', 'a string', name);
  if (report !== undefined && typeof report !== 'function') throw wrong('report', 'a function', report);
  if (inspect !== undefined && typeof inspect !== 'boolean' && typeof inspect !== 'string')
    throw wrong('inspect', 'true, false or the path of a socket', inspect);
}

/**
 * The root of a tree of actors. An idle system without threads doesn't keep the program running, and neither do timers of its actors; what you await
 * (`ask`, `stop`, `whenStopped`) does.
 *
 * @example
 * await using system = new ActorSystem();
 * const ref = system.spawn(counter, { args: [0] });
 * ref.tell({ type: 'add', by: 2 });
 * await ref.ask({ type: 'get' }); // => 2
 */
export class ActorSystem {
  readonly name: string;
  /** Messages that reached nobody. */
  readonly deadLetters: DeadLetters;
  readonly #root: Cell;
  readonly #dispatcher: Dispatcher;
  readonly #threads: Threads;
  readonly #services: HomeServices;
  readonly #observatory: Observatory;

  /** Starts nothing yet. Never blocks. Throws `TypeError` or `RangeError` for wrong options. */
  constructor(options: SystemOptions = {}) {
    checkOptions(options);
    this.name = options.name ?? 'actors';
    const report = options.report ?? ((report: Report) => console.error(describeReport(report)));
    const safely = (each: Report): void => {
      this.#services.report(each);
      this.#observatory?.note(each);
      try {
        report(each);
      } catch (error) {
        // A reporter that throws must not harm the actor that it reports on.
        queueMicrotask(() => {
          throw error;
        });
      }
    };
    const deadLetters = new DeadLetters(
      error => safely({ type: 'callbackFailed', path: '', callback: 'dead letter listener', error }),
      () => void dispatcher.after(SUMMARY_MS, () => this.#summarize(safely)),
    );
    this.deadLetters = deadLetters;
    const count = threadCount(options);
    const runtime = createRuntime({
      slot: 0,
      generation: 0,
      host: options.host ?? new PlatformHost(),
      deadLetters,
      observer: options.observer,
      wrapMailbox: options.wrapMailbox,
      report: safely,
      place: placement => (count === 0 ? 0 : this.#threads.connect().agents.place(placement)),
    });
    const { dispatcher } = runtime;
    const services = new HomeServices(runtime);
    runtime.services = services;
    this.#services = services;
    deadLetters.subscribe(letter => services.deadLetter(letter));
    this.#threads =
      options.makeThreads?.(runtime, this.name, count) ?? new Threads(runtime, this.name, count);
    this.#dispatcher = dispatcher;
    this.#root = new Cell(runtime, undefined, guardian as unknown as Actor<never, never>, [], {}, 0, '');
    void this.#root.start();
    this.#observatory = new Observatory(this.#root, this.#threads);
    const where = inspectedAt(options);
    if (where !== undefined) this.#observatory.serve(where, this.name);
  }

  #summarize(report: (report: Report) => void): void {
    const { count, reasons } = this.deadLetters.summary();
    if (count > 0) report({ type: 'deadLetters', count, reasons });
  }

  /** Where actors are found by keys. */
  get registry(): Registry {
    return this.#services.registry;
  }

  /** Publish and subscribe. */
  get events(): EventStream {
    return this.#services.events;
  }

  /** @internal */
  get root(): Cell {
    return this.#root;
  }

  /** @internal */
  get threads(): Threads {
    return this.#threads;
  }

  /** @internal */
  get dispatcher(): Dispatcher {
    return this.#dispatcher;
  }

  /**
   * Starts an actor at the top of the tree. Its setup function runs in its own turn, after this one. Throws `NameTakenError` naming the holder, and `TypeError`
   * or `RangeError` for wrong options. Never blocks.
   */
  spawn<M, A extends unknown[]>(
    actor: Actor<M, A> | SetupFunction<M, A>,
    ...options: SpawnArguments<A>
  ): ActorRef<M> {
    if (this.#root.state !== STATE.running) {
      throw new TypeError(`ActorSystem "${this.name}" has been stopped: it starts no actors any more`);
    }
    return spawnChild(this.#root, actor, options[0]) as ActorRef<M>;
  }

  /**
   * The tree of actors of all threads as it is now, from the root down (snapshot): states, messages waiting and handled, rates since the call before, restarts, last errors.
   * It is read from shared memory, so it doesn't wait for a thread that is stuck. Never blocks.
   */
  inspect(): ActorInfo {
    return this.#observatory.tree();
  }

  /** The threads as they are now (snapshot), with the actor that each of them runs, and since when. As `inspect`. */
  inspectThreads(): readonly ThreadInfo[] {
    return this.#observatory.threads();
  }

  /** Sends an exit signal to an actor. See `Context.exit`. */
  exit(ref: ActorRef<never>, reason: ExitReason): void {
    checkRef(ref, 'exit');
    checkReason(reason, `exit ${ref.path}`);
    if (reason.type === 'killed') ref.signal({ kind: 'kill' });
    else ref.signal({ kind: 'exit', from: this.#root.ref as ActorRef<never>, reason, linked: false });
  }

  /**
   * Stops all actors: last started first, each asked, given its `shutdown` time to handle what it had accepted, and killed only then; then the threads. Resolves when it is
   * done, also if it was done before.
   *
   * With a ref it stops that actor alone, wherever it runs, and resolves with the reason of its end: `system.stop(ref, { reason, timeout, signal })`. A timeout is the caller's
   * only, core's `TimeoutError`; the stop goes on. A supervisor starts a permanent child again: use `terminateChild` for those. Source: OTP's `gen_server:stop`.
   */
  stop(): Promise<void>;
  stop(ref: ActorRef<never>, options?: StopOptions): Promise<ExitReason>;
  stop(ref?: ActorRef<never>, options?: StopOptions): Promise<ExitReason | void> {
    return ref === undefined ? this.#stopAll() : stopActor(this.#root.runtime, ref, options);
  }

  async #stopAll(): Promise<void> {
    const root = this.#root;
    if (root.alive) {
      const { host } = this.#dispatcher;
      host.hold();
      try {
        await new Promise<void>(resolve =>
          root.requestStop('infinity', false, exit.shutdown, () => resolve()),
        );
      } finally {
        host.release();
      }
    }
    await this.#threads.stop();
    this.#services.stop();
    await this.#observatory.close();
    this.#summarize(each => root.runtime.report(each));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}
