/** What ties a cell to others and to time. Most actors have little of it, so it is made when it is needed. */
import type { Event } from '@heddle/core';
import { ActorDiedError, StashFullError } from '../errors.ts';
import { backoffDelay } from '../supervision/backoff.ts';
import type { Backoff } from '../supervision/backoff.ts';
import type { ExitReason } from '../supervision/exit-reason.ts';
import type { ActorTimers } from '../timers/actor-timers.ts';
import { Asks } from './asks.ts';
import type { Cell } from './cell.ts';
import type { Agent } from './cell/state.ts';
import type { ActorRef } from './ref.ts';

/** What a watcher remembers of a watch. */
export interface Watch {
  readonly target: ActorRef<never>;
  /** The message that the watcher wants instead of a signal. */
  readonly hasMessage: boolean;
  readonly message: unknown;
  /** For the runtime's own watches. */
  readonly callback: ((reason: ExitReason) => void) | undefined;
}

/** A `send` that waits for room. */
export interface Creditor {
  granted(): void;
  refused(error: unknown): void;
}

/** What is remembered of a cell's earlier instances. */
export class Lives {
  /** Counts its ends. */
  life = 0;
  restarts = 0;
  restartsReported = 0;
  /** When rules have restarted it in place, as far as its budget cares. */
  restartTimes: readonly number[] = [];
  attempts = 0;
  lastFailure: number = -Infinity;
}

const NONE: unknown[] = [];

export class Bonds {
  /** Who wants to know of its end, by the number of the watch. */
  knownWatchers: Map<number, ActorRef<never>> | undefined = undefined;
  /** Whose end it wants to know of. */
  knownWatching: Map<number, Watch> | undefined = undefined;
  /** By their numbers: a ref that comes from another thread is another object each time. */
  knownLinks: Map<number, ActorRef<never>> | undefined = undefined;
  knownAsks: Asks | undefined = undefined;
  knownCreditors: Creditor[] | undefined = undefined;
  /** Of its adapters that other threads have. */
  knownAddresses: number[] | undefined = undefined;
  timers: ActorTimers | undefined = undefined;
  /** Set if the actor itself runs on another thread. */
  agent: Agent | undefined = undefined;
  knownDeathWaiters: Set<(reason: ExitReason) => void> | undefined = undefined;
  stopEvent: Event | undefined = undefined;
  abort: AbortController | undefined = undefined;
  /** `undefined` as long as there is nothing to remember. */
  lives: Lives | undefined = undefined;
  restartTimer: number | undefined = undefined;
  afterChildren: (() => void) | undefined = undefined;
  escalates = false;
  /** Ends what a kill must not leave behind: the thread of a dedicated actor. */
  onKill: (() => void) | undefined = undefined;
  #stash: unknown[] = NONE;
  #receiveTimeout: { readonly ms: number; timer: number } | undefined = undefined;

  get watchers(): Map<number, ActorRef<never>> {
    return (this.knownWatchers ??= new Map());
  }

  get watching(): Map<number, Watch> {
    return (this.knownWatching ??= new Map());
  }

  get links(): Map<number, ActorRef<never>> {
    return (this.knownLinks ??= new Map());
  }

  get deathWaiters(): Set<(reason: ExitReason) => void> {
    return (this.knownDeathWaiters ??= new Set());
  }

  get livesSoFar(): Lives {
    return (this.lives ??= new Lives());
  }

  get asks(): Asks {
    return (this.knownAsks ??= new Asks());
  }

  get creditors(): Creditor[] {
    return (this.knownCreditors ??= []);
  }

  // ── Stash ────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  get stashed(): number {
    return this.#stash.length;
  }

  stash(message: unknown, capacity: number, path: string): void {
    if (this.#stash.length >= capacity) {
      throw new StashFullError(`${path}: the stash holds ${capacity} messages already (stashCapacity)`);
    }
    if (this.#stash === NONE) this.#stash = [message];
    else this.#stash.push(message);
  }

  hasStashed(message: unknown): boolean {
    return this.#stash.includes(message);
  }

  takeStash(): readonly unknown[] {
    const stashed = this.#stash;
    this.#stash = NONE;
    return stashed;
  }

  // ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  nextDelay(backoff: Backoff, now: number, random: () => number): number {
    const lives = this.livesSoFar;
    if (now - lives.lastFailure > (backoff.resetAfter ?? backoff.max)) lives.attempts = 0;
    const delay = backoffDelay(backoff, lives.attempts, random);
    lives.attempts += 1;
    // Quiet time begins when it runs again.
    lives.lastFailure = now + delay;
    return delay;
  }

  setReceiveTimeout(cell: Cell, ms: number | undefined): void {
    if (this.#receiveTimeout !== undefined) cell.dispatcher.cancelTimer(this.#receiveTimeout.timer);
    this.#receiveTimeout = undefined;
    if (ms === undefined) return;
    const { handled } = cell;
    const timer = cell.dispatcher.after(ms, () => cell.signal({ kind: 'receiveTimeout', handled }));
    this.#receiveTimeout = { ms, timer };
  }

  afterMessage(cell: Cell): void {
    if (this.#receiveTimeout !== undefined) this.setReceiveTimeout(cell, this.#receiveTimeout.ms);
  }

  // ── Stop ─────────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  setStop(): void {
    this.stopEvent?.set();
    if (this.abort?.signal.aborted === false) this.abort.abort();
  }

  clearStop(): void {
    this.stopEvent = undefined;
    this.abort = undefined;
  }

  // ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────────────────

  /** Ends what an instance has set up for itself. Its links, and who watches it, stay. */
  forgetInstance(cell: Cell): void {
    this.onKill = undefined;
    this.timers?.cancelAll();
    this.timers = undefined;
    this.setReceiveTimeout(cell, undefined);
    if (this.restartTimer !== undefined) cell.dispatcher.cancelTimer(this.restartTimer);
    this.restartTimer = undefined;
    if (this.knownWatching === undefined) return;
    const from = cell.ref as ActorRef<never>;
    for (const [watch, { target }] of this.knownWatching) target.signal({ kind: 'unwatch', from, watch });
    this.knownWatching.clear();
  }

  /** Tells watchers and links, once. */
  tellOthers(from: ActorRef<never>, reason: ExitReason): void {
    const watchers = this.knownWatchers;
    this.knownWatchers = undefined;
    if (watchers !== undefined) {
      for (const [watch, watcher] of watchers) watcher.signal({ kind: 'down', from, watch, reason });
    }
    const links = this.knownLinks;
    this.knownLinks = undefined;
    if (links !== undefined)
      for (const link of links.values()) link.signal({ kind: 'exit', from, reason, linked: true });
  }

  callDeathWaiters(reason: ExitReason): void {
    const waiters = this.knownDeathWaiters;
    if (waiters === undefined) return;
    for (const waiter of waiters) {
      waiters.delete(waiter);
      waiter(reason);
    }
  }

  refuseCredit(cell: Cell, reason: ExitReason): void {
    const creditors = this.knownCreditors;
    if (creditors === undefined) return;
    this.knownCreditors = undefined;
    for (const each of creditors) each.refused(new ActorDiedError(cell.path, reason, 'send'));
  }
}
