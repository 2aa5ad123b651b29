/**
 * The cell of an actor: its mailbox, its state and its life. A ref points to a cell; the cell outlives the instances of the behaviour in it.
 *
 * ```
 *               setup returned                 stop, exit, error          children ended, hook ran
 *  STARTING ──────────────────────▶ RUNNING ────────────────────▶ STOPPING ────────────────────────▶ DEAD
 *     ▲  ▲                           │   │ stop with drain            ▲                               │
 *     │  │   children ended, backoff │   └──▶ DRAINING ───────────────┘ mailbox empty                 │
 *     │  └──────── RESTARTING ◀──────┘ error, rule says restart                                       │
 *     └──────────────────────────────── its supervisor starts it again ──────────────────────────────┘
 *
 *  kill: from every state straight to DEAD, children too, no hook.
 * ```
 *
 * An actor handles one thing at a time. `gate` is 0 when a message may be taken:
 *
 * | bit | set while |
 * |---|---|
 * | `CLOSED` | the state is neither RUNNING nor DRAINING |
 * | `BUSY` | an async handler, hook or setup is under way; signals wait too |
 * | `HELD` | a test holds the mailbox; signals wait too |
 *
 * No lost wakeup: a cell is in the dispatcher's line (`queued`) whenever it has work; `wake` is called after each change that can give it work (a message,
 * a signal, a bit of `gate` cleared), and the end of a visit looks again after clearing `queued`.
 *
 * Whatever was begun by an instance that is gone (a promise, a timer) carries its `incarnation`, and is void when that has moved on.
 */
import { Event } from '@heddle/core';
import { Context } from '../behavior/context.ts';
import type { Behavior, ClosureBehavior, Signal, StateBehavior } from '../behavior/behavior.ts';
import type { Actor, ActorOptions, Shutdown } from '../behavior/actor.ts';
import { BECOME, CONTINUE, IGNORE, Next, STARTED, STOP, UNHANDLED } from '../behavior/next.ts';
import { MailboxFullError } from '../errors.ts';
import { Fifo } from '../mailbox/fifo.ts';
import { ACCEPTED, DISPLACED, DROPPED, FAULTY, REFUSED, createMailbox } from '../mailbox/mailbox.ts';
import type { Mailbox, Offered } from '../mailbox/mailbox.ts';
import { addRestart } from '../supervision/budget.ts';
import { decide } from '../supervision/decide.ts';
import type { Directive } from '../supervision/decide.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { askOf } from './ask.ts';
import type { OpenAsk } from './ask.ts';
import { Bonds } from './bonds.ts';
import type { DeadLetterReason } from './dead-letters.ts';
import type { Dispatcher } from './dispatcher.ts';
import { Envelope } from './envelope.ts';
import { LocalRef } from './local-ref.ts';
import type { ActorRef } from './ref.ts';
import { messageName } from './report.ts';
import { ID_STEP } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import type { InternalSignal } from './signal.ts';

export const STATE = { starting: 0, running: 1, draining: 2, restarting: 3, stopping: 4, dead: 5 } as const;
export type State = (typeof STATE)[keyof typeof STATE];

const CLOSED = 1;
const BUSY = 2;
const HELD = 4;

const DEFAULT_SHUTDOWN_MS = 5000;
const DEFAULT_STASH = 10_000;
const IN_PLACE_BUDGET = { intensity: 10, period: 10_000 };

/** What came of a start. */
export type Started =
  | { readonly outcome: 'ok'; readonly info: unknown }
  | { readonly outcome: 'ignore' }
  | { readonly outcome: 'error'; readonly reason: ExitReason };

/** What a cell asks of the actor that it stands for. */
export interface Agent {
  readonly ref: ActorRef<unknown>;
  readonly slot: number;
  kill(): void;
  discard(): void;
}

/** What a supervisor's behaviour does beyond an ordinary one's. */
export interface Keeper {
  childExited(child: Cell, life: number, reason: ExitReason): unknown;
  stopChildren(): unknown;
}

type AnyBehavior = Partial<ClosureBehavior<unknown>> &
  Partial<StateBehavior<unknown, unknown>> & { keeper?: Keeper };

const nothing = (): void => {};

export class Cell {
  readonly runtime: Runtime;
  readonly dispatcher: Dispatcher;
  readonly parent: Cell | undefined;
  readonly id: number;
  /** Its name among its siblings; `undefined` for one that is known by its number. */
  readonly label: string | undefined;
  readonly actor: Actor<never, never>;
  /** Emptied at the end of a child that never comes back. */
  args: readonly unknown[];
  readonly options: ActorOptions;
  readonly ref: ActorRef<unknown>;
  /** Set if the actor itself runs on another thread, and this cell stands for it here. */
  readonly agent: Agent | undefined;
  /** Whether a stop lets it handle what it has. */
  drains = false;
  /** Whether a supervisor decides what becomes of it after its end. */
  supervised = false;
  /** Whether it ends because its supervisor wants it to, who then waits for it and needn't be told. */
  leaving = false;

  state: State = STATE.starting;
  /** Counts its instances: those in place, and those that a supervisor started after an end. */
  incarnation = 0;
  /** Counts its ends. */
  life = 0;
  /** Messages handled, of all incarnations. */
  handled = 0;
  restarts = 0;
  #restartsReported = 0;
  lastReason: ExitReason = exit.noproc;
  trapExit = false;
  stopRequested = false;
  readonly mailbox: Mailbox;
  /** No message is taken any more: it ends, or has ended for good. */
  #refuses = false;
  #gate = CLOSED;
  #queued = false;
  /** The setup function is to run in its own turn. */
  #toStart = false;
  #lane: Fifo | undefined = undefined;
  #receive: (first: unknown, second?: unknown) => unknown = nothing;
  #data: unknown = undefined;
  #stateful = false;
  #behavior: AnyBehavior | undefined = undefined;
  #context: Context<unknown> | undefined = undefined;
  /** What is being handled. */
  #message: unknown = undefined;
  #envelope: Envelope | undefined = undefined;
  #bonds: Bonds | undefined = undefined;

  constructor(
    runtime: Runtime,
    parent: Cell | undefined,
    actor: Actor<never, never>,
    args: readonly unknown[],
    options: ActorOptions,
    id: number,
    label: string | undefined,
    agent?: Agent,
  ) {
    this.runtime = runtime;
    this.dispatcher = runtime.dispatcher;
    this.parent = parent;
    this.actor = actor;
    this.args = args;
    this.options = options;
    this.id = id;
    this.label = label;
    const mailbox = createMailbox(options.mailbox);
    this.mailbox = runtime.wrapMailbox === undefined ? mailbox : runtime.wrapMailbox(this, mailbox);
    this.agent = agent;
    this.ref = agent === undefined ? new LocalRef(this) : agent.ref;
  }

  get path(): string {
    if (this.parent === undefined) return '';
    return `${this.parent.path}/${this.name}`;
  }

  get name(): string {
    return this.label ?? `${this.actor.name}:${Math.floor(this.id / ID_STEP)}`;
  }

  get bonds(): Bonds {
    return (this.#bonds ??= new Bonds());
  }

  /** As `bonds`, without making any. */
  get knownBonds(): Bonds | undefined {
    return this.#bonds;
  }

  get context(): Context<unknown> {
    return (this.#context ??= new Context<unknown>(this));
  }

  get alive(): boolean {
    return this.state !== STATE.dead;
  }

  /** Whether messages still find their way in. */
  get open(): boolean {
    return !this.#refuses;
  }

  /** Whether a child started now could live: also while it is being set up, or drains. */
  get acceptsChildren(): boolean {
    return this.state < STATE.restarting;
  }

  get busy(): boolean {
    return (this.#gate & BUSY) !== 0;
  }

  /** The message that is being handled, for the stash. */
  get message(): unknown {
    return this.#message;
  }

  // ── Delivery ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Puts a message into the mailbox. Never throws; returns what became of it, and has made the dead letter. */
  post(message: unknown): Offered {
    if (this.#refuses) {
      this.deadLetter(message, 'stopped');
      return REFUSED;
    }
    const outcome = this.mailbox.offer(message);
    if (outcome !== ACCEPTED) return this.#notPlainly(message, outcome);
    if (this.#gate === 0) {
      if (!this.#queued) {
        this.#queued = true;
        this.dispatcher.enqueue(this);
      }
    } else if (this.state === STATE.restarting || this.state === STATE.dead) {
      return this.#limitWaiting(message);
    }
    return ACCEPTED;
  }

  #notPlainly(message: unknown, outcome: Offered): Offered {
    if (outcome === DISPLACED) {
      this.deadLetter(
        this.mailbox.takeDisplaced(),
        this.options.mailbox?.whenFull === 'latestByKey' ? 'superseded' : 'dropped',
      );
      this.wake();
    } else if (outcome === FAULTY) {
      this.callbackFailed('mailbox', this.mailbox.takeDisplaced());
      this.deadLetter(message, 'faulty');
    } else {
      this.deadLetter(message, outcome === DROPPED ? 'dropped' : 'mailboxFull');
    }
    return outcome;
  }

  /** While nobody handles them, messages may not grow without bound. */
  #limitWaiting(message: unknown): Offered {
    if (this.mailbox.size <= this.stashCapacity || this.options.mailbox?.capacity !== undefined)
      return ACCEPTED;
    // The newest goes; taking it out of any kind of mailbox means rebuilding it, which only happens here.
    const all = [...this.mailbox];
    this.mailbox.clear();
    for (const each of all) if (each !== message) this.mailbox.offer(each);
    this.deadLetter(message, 'mailboxFull');
    return REFUSED;
  }

  get stashCapacity(): number {
    return this.options.stashCapacity ?? DEFAULT_STASH;
  }

  /** Puts messages before all others, in their order. */
  putBack(messages: readonly unknown[]): void {
    for (let n = messages.length - 1; n >= 0; n--) this.mailbox.unshift(messages[n]);
    this.wake();
  }

  deadLetter(message: unknown, reason: DeadLetterReason): void {
    const ask = askOf(message);
    if (ask !== undefined) {
      if (reason === 'stopped') ask.died(this.alive ? exit.shutdown : this.lastReason);
      else if (reason !== 'unhandled')
        ask.fail(new MailboxFullError(`ask ${this.path}: the message was not taken (${reason})`));
    }
    let content = message;
    if (message instanceof Envelope) {
      content = message.content;
      // A timer goes on when its tick was dropped.
      if (reason !== 'stopped') message.done();
    }
    this.runtime.deadLetters.add({
      message: content,
      to: this.ref as ActorRef<never>,
      path: this.path,
      reason,
    });
  }

  signal(signal: InternalSignal): void {
    switch (signal.kind) {
      case 'watch':
        if (this.state === STATE.dead) {
          signal.from.signal({
            kind: 'down',
            from: this.ref as ActorRef<never>,
            watch: signal.watch,
            reason: exit.noproc,
          });
        } else {
          this.bonds.watchers.set(signal.watch, signal.from);
        }
        return;
      case 'unwatch':
        this.#bonds?.knownWatchers?.delete(signal.watch);
        return;
      case 'link':
        if (this.state === STATE.dead) {
          signal.from.signal({
            kind: 'exit',
            from: this.ref as ActorRef<never>,
            reason: exit.noproc,
            linked: true,
          });
        } else {
          this.bonds.links.add(signal.from);
        }
        return;
      case 'unlink':
        this.#bonds?.knownLinks?.delete(signal.from);
        return;
      case 'kill':
        this.kill();
        return;
      case 'stop':
        // Before its turn in the lane: a handler that is under way looks at the event, or waits for the signal.
        this.#askToStop();
        break;
      default:
    }
    if (this.state === STATE.dead) return;
    (this.#lane ??= new Fifo()).push(signal);
    this.wake();
  }

  wake(): void {
    if (this.#queued || !this.#hasWork()) return;
    this.#queued = true;
    this.dispatcher.enqueue(this);
  }

  /** Has the setup function run in the actor's own turn. */
  startSoon(): void {
    this.#toStart = true;
    this.wake();
  }

  #hasWork(): boolean {
    if (this.#toStart) return (this.#gate & (BUSY | HELD)) === 0;
    if (this.#lane !== undefined && (this.#gate & (BUSY | HELD)) === 0) return true;
    return this.#gate === 0 && (this.mailbox.size > 0 || this.state === STATE.draining);
  }

  /** Stops or lets go the taking of messages and signals, for tests. */
  hold(held: boolean): void {
    if (held) this.#gate |= HELD;
    else this.#gate &= ~HELD;
    this.wake();
  }

  // ── Handling ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Does what there is to do, for a while. Is called by the dispatcher only. */
  visit(): void {
    const { dispatcher, mailbox } = this;
    dispatcher.current = this;
    dispatcher.left -= 1;
    if (this.#toStart && (this.#gate & (BUSY | HELD)) === 0) {
      this.#toStart = false;
      if (this.state === STATE.starting || this.state === STATE.restarting) void this.start();
    }
    if (this.#lane !== undefined) this.#handleSignals();
    let most = dispatcher.throughput;
    while (this.#gate === 0 && mailbox.size > 0) {
      this.#handle(mailbox.shift());
      if (this.#lane !== undefined) this.#handleSignals();
      if (--most <= 0 || --dispatcher.left <= 0) break;
    }
    if (this.state === STATE.draining && this.#gate === 0 && mailbox.size === 0)
      this.#beginStop(this.lastReason);
    dispatcher.current = undefined;
    this.#queued = false;
    this.wake();
  }

  #handle(message: unknown): void {
    const { incarnation } = this;
    this.handled += 1;
    this.dispatcher.processed += 1;
    this.#message = message;
    let result: unknown;
    try {
      if (message instanceof Envelope) {
        this.#envelope = message;
        const box = message.open();
        if (box === undefined) {
          this.#envelope = undefined;
          return;
        }
        this.#message = message = box.message;
      }
      result = this.#stateful ? this.#receive(this.#data, message) : this.#receive(message);
    } catch (error) {
      if (incarnation === this.incarnation) {
        this.#finishMessage();
        this.#failed(error, message);
      }
      return;
    }
    if (incarnation !== this.incarnation) return;
    if (result !== undefined && this.#settle(result, message)) return;
    this.#finishMessage();
  }

  /** After a message, handled or failed. */
  #finishMessage(): void {
    if (this.#envelope !== undefined) {
      const envelope = this.#envelope;
      this.#envelope = undefined;
      envelope.done();
    }
    if (this.#bonds !== undefined) this.#bonds.afterMessage(this);
    if (this.mailbox.blocks) this.#grantCredit();
  }

  /** Does what a handler returned; true if that has to be awaited. */
  #settle(result: unknown, message: unknown): boolean {
    if (typeof result === 'object' && result !== null) {
      if (result instanceof Next) {
        this.#follow(result, message);
        return false;
      }
      if (typeof (result as { then?: unknown }).then === 'function') {
        this.#await(result as Promise<unknown>, message);
        return true;
      }
    }
    if (this.#stateful && result !== undefined) this.#data = result;
    return false;
  }

  #await(promise: PromiseLike<unknown>, message: unknown): void {
    const { incarnation } = this;
    this.#gate |= BUSY;
    promise.then(
      value => {
        if (!this.#resumes(incarnation)) return;
        // A promise's value is a state or an instruction; a promise can't resolve to a promise.
        this.#settle(value, message);
        if (incarnation === this.incarnation) this.#finishMessage();
        this.wake();
      },
      (error: unknown) => {
        if (!this.#resumes(incarnation)) return;
        this.#finishMessage();
        this.#failed(error, message);
        this.wake();
      },
    );
  }

  /** Whether what was awaited still matters. */
  #resumes(incarnation: number): boolean {
    if (incarnation !== this.incarnation) return false;
    this.#gate &= ~BUSY;
    return true;
  }

  #follow(next: Next, message: unknown): void {
    switch (next.kind) {
      case CONTINUE:
        this.#data = next.value;
        return;
      case BECOME:
        this.#install(next.value as Behavior<unknown>);
        return;
      case STOP:
        this.#beginStop(next.value as ExitReason);
        return;
      case UNHANDLED:
        this.deadLetter(message, 'unhandled');
        return;
      default:
        this.#failed(
          new TypeError(`${this.path}: next.ignore() and next.started() are for setup functions`),
          message,
        );
    }
  }

  #install(behavior: Behavior<unknown>): void {
    if (typeof behavior === 'function') {
      this.#behavior = undefined;
      this.#stateful = false;
      this.#data = undefined;
      this.#receive = behavior as (message: unknown) => unknown;
      return;
    }
    if (typeof behavior !== 'object' || behavior === null || typeof behavior.receive !== 'function') {
      throw new TypeError(
        `${this.path}: a behaviour must be a function or an object with receive, got ${String(behavior)} (${typeof behavior})`,
      );
    }
    const full = behavior as AnyBehavior;
    this.#behavior = full;
    this.#stateful = 'state' in full;
    this.#data = full.state;
    this.#receive = full.receive as (first: unknown) => unknown;
  }

  #handleSignals(): void {
    while (this.#lane !== undefined && (this.#gate & (BUSY | HELD)) === 0) {
      const lane: Fifo = this.#lane;
      const signal = lane.shift() as InternalSignal;
      if (lane.size === 0) this.#lane = undefined;
      this.#handleSignal(signal);
    }
  }

  #handleSignal(signal: InternalSignal): void {
    switch (signal.kind) {
      case 'stop':
        return this.#stopOn(signal.reason, signal.drain);
      case 'exit':
        return this.#exitSignal(signal.from, signal.reason, signal.linked);
      case 'down': {
        const watch = this.#bonds?.knownWatching?.get(signal.watch);
        if (watch === undefined) return;
        this.bonds.watching.delete(signal.watch);
        if (watch.callback !== undefined) return watch.callback(signal.reason);
        if (watch.hasMessage) return this.#takes() ? this.#handle(watch.message) : undefined;
        return this.#userSignal({
          type: 'down',
          ref: signal.from,
          reason: signal.reason,
          watch: signal.watch,
        });
      }
      case 'child': {
        const keeper = this.#behavior?.keeper;
        if (keeper === undefined || !this.#takes()) return;
        return this.#guarded(() => keeper.childExited(signal.child as Cell, signal.life, signal.reason));
      }
      case 'escalated':
        if (this.#takes()) this.#failed(signal.error, undefined);
        return;
      case 'receiveTimeout':
        if (signal.handled === this.handled && this.mailbox.size === 0)
          this.#userSignal({ type: 'receiveTimeout' });
        return;
      default:
    }
  }

  #takes(): boolean {
    return this.state === STATE.running || this.state === STATE.draining;
  }

  #userSignal(signal: Signal): void {
    const handler = this.#behavior?.signal as ((first: unknown, second?: unknown) => unknown) | undefined;
    if (handler === undefined || !this.#takes()) return;
    this.#guarded(() => (this.#stateful ? handler(this.#data, signal) : handler(signal)));
  }

  /** Runs something of the behaviour's as a message is run. */
  #guarded(action: () => unknown): void {
    const { incarnation } = this;
    this.#message = undefined;
    let result: unknown;
    try {
      result = action();
    } catch (error) {
      if (incarnation === this.incarnation) this.#failed(error, undefined);
      return;
    }
    if (incarnation === this.incarnation && result !== undefined) this.#settle(result, undefined);
  }

  #exitSignal(from: ActorRef<never>, reason: ExitReason, linked: boolean): void {
    if (linked && this.#bonds?.knownLinks?.delete(from) !== true) return;
    if (this.trapExit) return this.#userSignal({ type: 'exit', ref: from, reason });
    if (reason.type === 'normal' && from !== this.ref) return;
    this.#stopOn(reason, false);
  }

  // ── Starting ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Runs the setup function. A supervisor calls this; for others it is the first thing in the lane. */
  start(): Started | Promise<Started> {
    const { incarnation } = this;
    let made: unknown;
    try {
      made = (this.actor.setup as (context: unknown, ...args: readonly unknown[]) => unknown)(
        this.context,
        ...this.args,
      );
      if (typeof (made as { then?: unknown } | undefined)?.then !== 'function') {
        return incarnation === this.incarnation ? this.#begun(made) : this.#diedEarly();
      }
    } catch (error) {
      return incarnation === this.incarnation ? this.#startFailed(exit.error(error)) : this.#diedEarly();
    }
    this.#gate |= BUSY;
    return new Promise(resolve => {
      const died = (): void => resolve(this.#diedEarly());
      this.bonds.deathWaiters.add(died);
      const proceed = (then: () => Started | Promise<Started>): void => {
        if (!this.#resumes(incarnation)) return;
        this.bonds.deathWaiters.delete(died);
        resolve(then());
        this.wake();
      };
      (made as Promise<unknown>).then(
        value => proceed(() => this.#begun(value)),
        (error: unknown) => proceed(() => this.#startFailed(exit.error(error))),
      );
    });
  }

  #diedEarly(): Started {
    return { outcome: 'error', reason: this.lastReason };
  }

  #begun(made: unknown): Started | Promise<Started> {
    let info: unknown;
    let behavior = made;
    if (made instanceof Next) {
      if (made.kind === IGNORE) {
        this.runtime.observer?.started?.(this, 'ignore');
        this.#beginStop(exit.normal);
        return { outcome: 'ignore' };
      }
      if (made.kind === STOP) return this.#startFailed(made.value as ExitReason);
      if (made.kind === STARTED) {
        behavior = made.value;
        info = made.info;
      }
    }
    try {
      this.#install(behavior as Behavior<unknown>);
    } catch (error) {
      return this.#startFailed(exit.error(error));
    }
    this.state = STATE.running;
    this.#gate &= ~CLOSED;
    this.runtime.observer?.started?.(this, 'ok');
    if (this.restarts !== this.#restartsReported) {
      this.#restartsReported = this.restarts;
      this.runtime.report({ type: 'restarted', path: this.path, restarts: this.restarts });
    }
    this.wake();
    return { outcome: 'ok', info };
  }

  #startFailed(reason: ExitReason): Started | Promise<Started> {
    this.runtime.observer?.started?.(this, 'error');
    if (this.state === STATE.restarting && reason.type === 'error') {
      this.#failed(reason.error, undefined);
      return { outcome: 'error', reason };
    }
    // One on another thread has been reported there.
    if (reason.type === 'error' && this.agent === undefined) this.#reportCrash(reason, undefined, 'stop');
    this.#beginStop(reason);
    if (!this.alive) return { outcome: 'error', reason };
    return new Promise(resolve => this.onceDead(() => resolve({ outcome: 'error', reason })));
  }

  /** How often it was restarted is known, and reported, elsewhere. */
  adoptRestarts(restarts: number): void {
    this.restarts = this.#restartsReported = restarts;
  }

  /** Makes a dead cell startable again, under the same ref. What its mailbox kept is handled by the new instance. */
  revive(): void {
    this.state = STATE.starting;
    this.life += 1;
    this.#gate = CLOSED | (this.#gate & HELD);
    this.#refuses = false;
    this.stopRequested = false;
    this.leaving = false;
    this.trapExit = false;
    this.#context = undefined;
    if (this.#bonds !== undefined) this.#bonds.clearStop();
  }

  // ── Failing ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #failed(error: unknown, message: unknown): void {
    const reason = exit.error(error);
    let directive = decide(error, this.options.onError ?? []);
    if (directive === 'restart' && !this.#mayRestart()) directive = 'stop';
    this.#reportCrash(reason, message, directive);
    if (directive === 'resume') {
      // There is no state to go on with if it was the setup that failed.
      if (this.state === STATE.restarting || this.state === STATE.starting) this.#beginStop(reason);
    } else if (directive === 'restart') this.#restart(error);
    else {
      if (directive === 'escalate') this.bonds.escalates = true;
      this.#beginStop(reason);
    }
  }

  /** For what failed outside of its handlers, on a thread of its own. */
  reportCrash(reason: ExitReason): void {
    this.#reportCrash(reason, undefined, 'stop');
  }

  #reportCrash(reason: ExitReason, message: unknown, directive: Directive): void {
    this.runtime.report({
      type: 'crash',
      path: this.path,
      reason,
      message: message === undefined ? undefined : messageName(message),
      restarts: this.restarts,
      directive,
    });
  }

  #mayRestart(): boolean {
    if (this.state === STATE.draining) return false;
    const budget = { ...IN_PLACE_BUDGET, ...this.options.restarts };
    const { bonds } = this;
    const now = this.dispatcher.host.now();
    const restarts = addRestart(bonds.restartTimes, now, budget);
    if (restarts === undefined) return false;
    bonds.restartTimes = restarts;
    return true;
  }

  #restart(error: unknown): void {
    const first = this.state !== STATE.restarting;
    this.state = STATE.restarting;
    this.#gate |= CLOSED;
    const goOn = (): void => {
      if (this.options.keepChildren === true) this.#renew();
      else this.#stopChildren(() => this.#renew());
    };
    const hook = this.#behavior?.restarting as ((first: unknown, second?: unknown) => unknown) | undefined;
    if (!first || hook === undefined) return goOn();
    this.#runHook('restarting', () => (this.#stateful ? hook(this.#data, error) : hook(error)), goOn);
  }

  #renew(): void {
    if (this.state !== STATE.restarting) return;
    this.#forgetInstance();
    const { backoff } = this.options;
    // In a turn of its own, so that a setup that fails again and again doesn't keep the thread from everything else.
    if (backoff === undefined) return this.startSoon();
    const delay = this.bonds.nextDelay(backoff, this.dispatcher.host.now(), () =>
      this.dispatcher.host.random(),
    );
    this.bonds.restartTimer = this.dispatcher.after(delay, () => this.#startAgain());
    // A stop that came meanwhile.
    this.wake();
  }

  #startAgain(): void {
    if (this.state !== STATE.restarting) return;
    void this.start();
  }

  /** Ends all that the instance had set up: what it hears of from now on would mean nothing to the next. */
  #forgetInstance(): void {
    this.incarnation += 1;
    this.restarts += 1;
    this.#gate &= ~BUSY;
    this.#message = undefined;
    this.#envelope = undefined;
    this.#behavior = undefined;
    this.#receive = nothing;
    this.#data = undefined;
    this.trapExit = false;
    if (this.#bonds === undefined) return;
    const stashed = this.#bonds.takeStash();
    this.#bonds.forgetInstance(this);
    if (stashed.length > 0) this.putBack(stashed);
  }

  // ── Stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #askToStop(): void {
    this.stopRequested = true;
    this.#bonds?.setStop();
  }

  /** The event that says that it shall stop, in shared memory. */
  get stopEvent(): Event {
    const { bonds } = this;
    bonds.stopEvent ??= new Event({ name: `stop ${this.name}` });
    if (this.stopRequested) bonds.stopEvent.set();
    return bonds.stopEvent;
  }

  get stopSignal(): AbortSignal {
    const { bonds } = this;
    bonds.abort ??= new AbortController();
    if (this.stopRequested) bonds.setStop();
    return bonds.abort.signal;
  }

  /** Asks it to end, waits, and kills it when the time is over. `done` is called once it has ended, at once if it had. */
  requestStop(how: Shutdown, drain: boolean, reason: ExitReason, done?: (reason: ExitReason) => void): void {
    if (this.state === STATE.dead) return done?.(this.lastReason);
    if (done !== undefined) this.onceDead(done);
    if (how === 'brutal') return this.kill();
    if (how !== 'infinity') {
      const timer = this.dispatcher.after(how, () => {
        this.runtime.report({ type: 'graceElapsed', path: this.path, afterMs: how });
        this.kill();
      });
      this.onceDead(() => this.dispatcher.cancelTimer(timer));
    }
    this.signal({ kind: 'stop', reason, drain });
  }

  onceDead(action: (reason: ExitReason) => void): void {
    this.bonds.deathWaiters.add(action);
  }

  #stopOn(reason: ExitReason, drain: boolean): void {
    this.drains = drain;
    this.#askToStop();
    if (!drain || this.state !== STATE.running) return this.#beginStop(reason);
    this.state = STATE.draining;
    this.lastReason = reason;
    // Nothing more is accepted, so the end is near however the actor writes to itself.
    this.#refuses = true;
  }

  /** The first reason counts. */
  #beginStop(reason: ExitReason): void {
    if (this.state === STATE.stopping || this.state === STATE.dead) return;
    this.state = STATE.stopping;
    this.#gate |= CLOSED;
    this.lastReason = reason;
    this.#askToStop();
    if (!this.supervised) this.#refuses = true;
    if (this.#bonds?.restartTimer !== undefined) this.dispatcher.cancelTimer(this.#bonds.restartTimer);
    this.runtime.observer?.stopping?.(this, reason);
    this.#stopChildren(() => this.#lastWords());
  }

  #lastWords(): void {
    if (this.state !== STATE.stopping) return;
    const hook = this.#behavior?.stopped as ((first: unknown, second?: unknown) => unknown) | undefined;
    const finish = (): void => this.#finish(this.lastReason);
    if (hook === undefined) return finish();
    const reason = this.lastReason;
    this.#runHook('stopped', () => (this.#stateful ? hook(this.#data, reason) : hook(reason)), finish);
  }

  /** Runs a hook of the behaviour; its error is reported and changes nothing. */
  #runHook(name: string, hook: () => unknown, then: () => void): void {
    const { incarnation } = this;
    let result: unknown;
    try {
      result = hook();
    } catch (error) {
      this.callbackFailed(name, error);
    }
    if (incarnation !== this.incarnation) return;
    if (typeof (result as { then?: unknown } | undefined)?.then !== 'function') return then();
    this.#gate |= BUSY;
    (result as Promise<unknown>).then(
      () => this.#resumes(incarnation) && then(),
      (error: unknown) => {
        this.callbackFailed(name, error);
        if (this.#resumes(incarnation)) then();
      },
    );
  }

  callbackFailed(callback: string, error: unknown): void {
    this.runtime.report({ type: 'callbackFailed', path: this.path, callback, error });
  }

  /** Stops the children in reverse order of their start, one by one. */
  #stopChildren(then: () => void): void {
    const keeper = this.#behavior?.keeper;
    if (keeper !== undefined) return this.#runHook('stopChildren', () => keeper.stopChildren(), then);
    const children = this.#bonds?.knownChildren;
    if (children === undefined || children.size === 0) return then();
    const { bonds } = this;
    // If a stop comes while a restart stops the children, what follows changes.
    const underWay = bonds.afterChildren !== undefined;
    bonds.afterChildren = then;
    if (!underWay) this.#stopLast([...children]);
  }

  #stopLast(children: Cell[]): void {
    // A loop for children that end at once, so that a hundred thousand need no stack.
    for (;;) {
      const child = children.pop();
      if (child === undefined) {
        const { bonds } = this;
        const then = bonds.afterChildren;
        bonds.afterChildren = undefined;
        return then?.();
      }
      if (!child.alive) continue;
      const { incarnation } = this;
      const how = child.options.shutdown ?? DEFAULT_SHUTDOWN_MS;
      if (how === 'brutal') {
        child.kill();
        continue;
      }
      child.requestStop(how, true, exit.shutdown, () => {
        if (incarnation === this.incarnation) this.#stopLast(children);
      });
      return;
    }
  }

  /** Ends it now, and its children: last started first. */
  kill(): void {
    if (this.state === STATE.dead) return;
    const children = this.#bonds?.knownChildren;
    this.agent?.kill();
    this.#bonds?.onKill?.();
    // Its own end first in the books, so that a supervisor doesn't restart children that are killed with it.
    this.#gate |= CLOSED;
    this.state = STATE.stopping;
    if (children !== undefined) for (const child of [...children].reverse()) child.kill();
    this.#finish(exit.killed);
  }

  #finish(reason: ExitReason): void {
    if (this.state === STATE.dead) return;
    this.state = STATE.dead;
    this.lastReason = reason;
    this.incarnation += 1;
    this.#gate = CLOSED | (this.#gate & HELD);
    this.#lane = undefined;
    this.#toStart = false;
    this.#message = undefined;
    this.#envelope = undefined;
    this.#behavior = undefined;
    this.#receive = nothing;
    this.#data = undefined;
    this.runtime.observer?.exited?.(this, reason);
    const bonds = this.#bonds;
    if (bonds !== undefined) {
      const stashed = bonds.takeStash();
      for (let n = stashed.length - 1; n >= 0; n--) this.mailbox.unshift(stashed[n]);
      this.#failAsks(bonds, reason);
      bonds.forgetInstance(this);
      bonds.retireChildren();
      bonds.tellOthers(this.ref as ActorRef<never>, reason);
    }
    // A supervisor decides what becomes of the mailbox, unless it is at its own end.
    const { parent } = this;
    if (this.supervised && parent !== undefined && parent.acceptsChildren) {
      if (!this.leaving) parent.signal({ kind: 'child', child: this, life: this.life, reason });
    } else {
      this.discard();
      parent?.knownBonds?.removeChild(this);
      if (this.supervised) parent?.knownBonds?.keepFormer(this);
    }
    if (bonds?.escalates === true && parent !== undefined && reason.type === 'error') {
      bonds.escalates = false;
      parent.signal({ kind: 'escalated', error: reason.error });
    }
    bonds?.callDeathWaiters(reason);
  }

  /** Questions whose message was taken get no answer any more; the others may, from the next instance. */
  #failAsks(bonds: Bonds, reason: ExitReason): void {
    const asks = bonds.knownAsks;
    if (asks === undefined || asks.size === 0) return;
    const waiting = new Set<OpenAsk>();
    for (const message of this.mailbox) {
      const ask = askOf(message);
      if (ask !== undefined) waiting.add(ask);
    }
    for (const ask of asks) if (!waiting.has(ask)) ask.died(reason);
  }

  /** It won't come back: what waits for it is dead. */
  discard(): void {
    this.#refuses = true;
    this.agent?.discard();
    if (!this.supervised) this.runtime.forget?.(this);
    while (this.mailbox.size > 0) this.deadLetter(this.mailbox.shift(), 'stopped');
    this.#bonds?.refuseCredit(this.path, this.lastReason);
  }

  // ── Credit ───────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  #grantCredit(): void {
    const creditors = this.#bonds?.knownCreditors;
    while (creditors !== undefined && creditors.length > 0 && this.mailbox.hasRoom())
      creditors.shift()!.granted();
  }
}
