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
import type { Actor, ActorOptions, Shutdown } from '../behavior/actor.ts';
import { Context } from '../behavior/context.ts';
import type { Fifo } from '../mailbox/fifo.ts';
import { ACCEPTED, REFUSED, createMailbox } from '../mailbox/mailbox.ts';
import type { Mailbox, Offered } from '../mailbox/mailbox.ts';
import { exit } from '../supervision/exit-reason.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import { showCell } from '../observability/show.ts';
import { Bonds } from './bonds.ts';
import { discardCell, killCell } from './cell/end.ts';
import { reportCrash } from './cell/failure.ts';
import { handle } from './cell/handling.ts';
import { Marks, QUEUED, REFUSES, TO_START } from './cell/marks.ts';
import { makeDeadLetter, notPlainly, tooManyWait } from './cell/refusal.ts';
import { handleSignals, takeSignal } from './cell/signals.ts';
import { reviveCell, startCell } from './cell/start.ts';
import { BUSY, CLOSED, HELD, STATE, nothing } from './cell/state.ts';
import type { Agent, AnyBehavior, Started, State } from './cell/state.ts';
import { askToEnd, beginStop } from './cell/stop.ts';
import type { DeadLetterReason } from './dead-letters.ts';
import type { Dispatcher } from './dispatcher.ts';
import { LocalRef } from './local-ref.ts';
import type { ActorRef } from './ref.ts';
import { ID_STEP } from './runtime.ts';
import type { Runtime } from './runtime.ts';
import { Siblings } from './siblings.ts';
import type { InternalSignal } from './signal.ts';

const DEFAULT_STASH = 10_000;

/**
 * Its size is most of what an idle actor weighs, and much of what it costs to start one: what few cells need is in `Bonds`, and the mailbox that nearly all have is the cell itself, by inheritance,
 * which spares an object.
 */
export class Cell extends Marks {
  readonly runtime: Runtime;
  readonly parent: Cell | undefined;
  readonly id: number;
  /** Its name among its siblings; `undefined` for one that is known by its number. */
  readonly label: string | undefined;
  /** What it runs; a supervisor may give it another one between two lives. */
  actor: Actor<never, never>;
  /** Emptied at the end of a child that never comes back. */
  args: readonly unknown[];
  readonly options: ActorOptions;
  readonly ref: ActorRef<unknown>;
  /** Its neighbours among its parent's children. */
  before: Cell | undefined = undefined;
  after: Cell | undefined = undefined;
  /** Its record for those who look from outside, or -1. */
  gauge = -1;
  state: State = STATE.starting;
  /** Counts its instances: those in place, and those that a supervisor started after an end. */
  incarnation = 0;
  /** Messages handled, of all incarnations. */
  handled = 0;
  lastReason: ExitReason = exit.noproc;
  /** Its own places, or those of an object that has a bound or an order. */
  readonly mailbox: Mailbox;
  gate: number = CLOSED;
  lane: Fifo | undefined = undefined;
  receiver: (first: unknown, second?: unknown) => unknown = nothing;
  data: unknown = undefined;
  behavior: AnyBehavior | undefined = undefined;
  madeContext: Context<unknown> | undefined = undefined;
  /** As `children`, without making any. */
  knownChildren: Siblings | undefined = undefined;
  /** As `bonds`, without making any. */
  knownBonds: Bonds | undefined = undefined;

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
    super();
    this.runtime = runtime;
    this.parent = parent;
    this.actor = actor;
    this.args = args;
    this.options = options;
    this.id = id;
    this.label = label;
    const mailbox = createMailbox(options.mailbox, this);
    this.mailbox = runtime.wrapMailbox === undefined ? mailbox : runtime.wrapMailbox(this, mailbox);
    if (agent === undefined) this.ref = new LocalRef(this);
    else {
      this.ref = agent.ref;
      this.bonds.agent = agent;
    }
    if (runtime.gauges !== undefined) showCell(this, runtime.gauges);
  }

  get path(): string {
    // A loop, since actors may stand below each other by the thousands.
    if (this.parent === undefined) return '';
    let path = `/${this.name}`;
    for (let cell: Cell = this.parent; cell.parent !== undefined; cell = cell.parent)
      path = `/${cell.name}${path}`;
    return path;
  }

  get name(): string {
    return this.label ?? `${this.actor.name}:${Math.floor(this.id / ID_STEP)}`;
  }

  get dispatcher(): Dispatcher {
    return this.runtime.dispatcher;
  }

  /** Counts its ends. */
  get life(): number {
    return this.knownBonds?.lives?.life ?? 0;
  }

  get restarts(): number {
    return this.knownBonds?.lives?.restarts ?? 0;
  }

  /** Set if the actor itself runs on another thread, and this cell stands for it here. */
  get agent(): Agent | undefined {
    return this.knownBonds?.agent;
  }

  get children(): Siblings {
    return (this.knownChildren ??= new Siblings());
  }

  get bonds(): Bonds {
    return (this.knownBonds ??= new Bonds());
  }

  get context(): Context<unknown> {
    return (this.madeContext ??= new Context<unknown>(this));
  }

  get alive(): boolean {
    return this.state !== STATE.dead;
  }

  /** Whether messages still find their way in. */
  get open(): boolean {
    return (this.marks & REFUSES) === 0;
  }

  /** Whether a child started now could live: also while it is being set up, or drains. */
  get acceptsChildren(): boolean {
    return this.state < STATE.restarting || (this.state === STATE.restarting && this.settingUp);
  }

  get busy(): boolean {
    return (this.gate & BUSY) !== 0;
  }

  // ── Delivery ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Puts a message into the mailbox. Never throws; returns what became of it, and has made the dead letter. */
  post(message: unknown): Offered {
    if ((this.marks & REFUSES) !== 0) {
      this.deadLetter(message, 'stopped');
      return REFUSED;
    }
    if (this.gate !== 0 && tooManyWait(this)) {
      this.deadLetter(message, 'mailboxFull');
      return REFUSED;
    }
    const outcome = this.mailbox.offer(message);
    if (outcome !== ACCEPTED) return notPlainly(this, message, outcome);
    if (this.gate === 0 && (this.marks & QUEUED) === 0) {
      this.marks |= QUEUED;
      this.runtime.dispatcher.enqueue(this);
    }
    if (this.gauge !== -1) this.runtime.gauges!.waits(this.gauge);
    return ACCEPTED;
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
    makeDeadLetter(this, message, reason);
  }

  /** Takes a signal of the runtime: some at once, others in their turn, before all messages. */
  signal(signal: InternalSignal): void {
    takeSignal(this, signal);
  }

  wake(): void {
    if ((this.marks & QUEUED) !== 0 || !this.hasWork()) return;
    this.marks |= QUEUED;
    this.runtime.dispatcher.enqueue(this);
  }

  /** Has the setup function run in the actor's own turn. */
  startSoon(): void {
    this.marks |= TO_START;
    this.wake();
  }

  hasWork(): boolean {
    if ((this.marks & TO_START) !== 0) return (this.gate & (BUSY | HELD)) === 0;
    if (this.lane !== undefined && (this.gate & (BUSY | HELD)) === 0) return true;
    return this.gate === 0 && (this.mailbox.size > 0 || this.state === STATE.draining);
  }

  /** Stops or lets go the taking of messages and signals, for tests. */
  hold(held: boolean): void {
    if (held) this.gate |= HELD;
    else this.gate &= ~HELD;
    this.wake();
  }

  // ── Handling ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Does what there is to do, for a while. Is called by the dispatcher only. */
  visit(): void {
    const { dispatcher, mailbox } = this;
    const { gauges } = this.runtime;
    if (gauges !== undefined && this.gauge !== -1) gauges.enter(this.gauge);
    const began = dispatcher.timed ? dispatcher.host.now() : 0;
    dispatcher.current = this;
    dispatcher.left -= 1;
    if ((this.marks & TO_START) !== 0 && (this.gate & (BUSY | HELD)) === 0) {
      this.marks &= ~TO_START;
      if (this.state === STATE.starting || this.state === STATE.restarting) void this.start();
    }
    if (this.lane !== undefined) handleSignals(this);
    let most = dispatcher.throughput;
    while (this.gate === 0 && mailbox.size > 0) {
      if (gauges !== undefined) gauges.begins();
      handle(this, mailbox.shift());
      if (this.lane !== undefined) handleSignals(this);
      if (--most <= 0 || --dispatcher.left <= 0) break;
    }
    if (this.state === STATE.draining && this.gate === 0 && mailbox.size === 0)
      beginStop(this, this.lastReason);
    dispatcher.current = undefined;
    if (gauges !== undefined) {
      if (dispatcher.timed && this.gauge !== -1) gauges.addTime(this.gauge, dispatcher.host.now() - began);
      gauges.leave(this);
    }
    this.marks &= ~QUEUED;
    this.wake();
  }

  /** Runs the setup function. A supervisor calls this; for others it is the first thing in the lane. */
  start(): Started | Promise<Started> {
    return startCell(this);
  }

  /** How often it was restarted is known, and reported, elsewhere. */
  adoptRestarts(restarts: number): void {
    if (restarts === this.restarts) return;
    const lives = this.bonds.livesSoFar;
    lives.restarts = lives.restartsReported = restarts;
  }

  /** Makes a dead cell startable again, under the same ref. What its mailbox kept is handled by the new instance. */
  revive(): void {
    reviveCell(this);
  }

  /** For what failed outside of its handlers, on a thread of its own. */
  reportCrash(reason: ExitReason, message: string | undefined): void {
    reportCrash(this, reason, message, 'stop');
  }

  // ── Stopping ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  askToStop(): void {
    this.stopRequested = true;
    this.knownBonds?.setStop();
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
    askToEnd(this, how, drain, reason, done);
  }

  onceDead(action: (reason: ExitReason) => void): void {
    this.bonds.deathWaiters.add(action);
  }

  callbackFailed(callback: string, error: unknown): void {
    this.runtime.report({ type: 'callbackFailed', path: this.path, callback, error });
  }

  /** Ends it now, and its children: last started first. */
  kill(): void {
    killCell(this);
  }

  /** It won't come back: what waits for it is dead. */
  discard(): void {
    discardCell(this);
  }
}
