/** The agent of an actor on another thread: to its parent, or supervisor, the actor's cell is a child like any other, and this is what begins and ends behind it. */
import { Event } from '@heddle/core';
import type { Actor } from '../../behavior/actor.ts';
import { behavior } from '../../behavior/behavior.ts';
import { next } from '../../behavior/next.ts';
import type { Next } from '../../behavior/next.ts';
import { exit } from '../../supervision/exit-reason.ts';
import type { ExitReason } from '../../supervision/exit-reason.ts';
import type { Cell } from '../cell.ts';
import type { Agent, Started } from '../cell/state.ts';
import type { RemoteRef } from '../remote-ref.ts';
import type { SpawnOptions } from '../spawn.ts';
import type { Agents } from './agents.ts';

/** What stands on the parent's thread for a child on another. */
export class RemoteAgent implements Agent {
  readonly id: number;
  readonly slot: number;
  readonly path: string;
  readonly actor: Actor<never, never>;
  readonly own: SpawnOptions;
  readonly ref: RemoteRef<unknown>;
  cell: Cell | undefined;
  stopEvent: Event | undefined = undefined;
  /** Counts its starts, so that news of an earlier life are told from those of this. */
  life = 0;
  readonly #agents: Agents;
  #running = false;
  #onStarted: ((made: unknown) => void) | undefined;
  #onExited: (() => void) | undefined;

  constructor(
    agents: Agents,
    ref: RemoteRef<unknown>,
    actor: Actor<never, never>,
    id: number,
    slot: number,
    path: string,
    own: SpawnOptions,
  ) {
    this.#agents = agents;
    this.actor = actor;
    this.id = id;
    this.slot = slot;
    this.path = path;
    this.own = own;
    this.ref = ref;
  }

  /** The setup of the cell that stands for the actor. */
  begin(): Promise<unknown> {
    this.life += 1;
    this.#running = true;
    if (this.stopEvent === undefined || this.stopEvent.isSet) this.stopEvent = new Event();
    // The cell sets it as soon as a stop is on its way, also while it waits for `started`.
    this.cell!.bonds.stopEvent = this.stopEvent;
    this.ref.isOver = false;
    this.#agents.keep(this);
    // Before the order: one that can't travel has failed when it returns.
    const started = new Promise(resolve => (this.#onStarted = resolve));
    this.#agents.order(this);
    return started;
  }

  started(life: number, started: Started): void {
    if (life !== this.life || this.#onStarted === undefined) return;
    const resolve = this.#onStarted;
    this.#onStarted = undefined;
    if (started.outcome === 'ok') {
      const stand = behavior<never>({ receive: () => {}, stopped: reason => this.#stop(reason) });
      resolve(next.started(stand, started.info));
      return;
    }
    this.#running = false;
    const made: Next = started.outcome === 'ignore' ? next.ignore() : next.stop(started.reason);
    resolve(made);
  }

  exited(life: number, reason: ExitReason, escalates: boolean): void {
    if (life !== this.life || !this.#running) return;
    this.#running = false;
    const { cell } = this;
    if (this.#onStarted !== undefined) {
      this.#onStarted(next.stop(reason));
      this.#onStarted = undefined;
    } else if (this.#onExited === undefined) {
      if (escalates) cell!.bonds.escalates = true;
      cell!.signal({ kind: 'stop', reason, drain: false });
    } else {
      // It was asked to stop; how it really ended is what its supervisor wants to know.
      cell!.lastReason = reason;
      this.#onExited();
      this.#onExited = undefined;
    }
  }

  threadDied(): void {
    this.exited(this.life, exit.threadDied, false);
  }

  /** The hook of the cell's own end. */
  #stop(reason: ExitReason): Promise<void> | undefined {
    if (!this.#running) return undefined;
    this.stopEvent?.set();
    this.ref.signal({ kind: 'stop', reason, drain: this.cell!.drains });
    return new Promise(resolve => (this.#onExited = resolve));
  }

  kill(): void {
    if (!this.#running) return;
    this.#running = false;
    this.#onStarted = undefined;
    this.#onExited = undefined;
    this.stopEvent?.set();
    this.ref.signal({ kind: 'kill' });
  }

  discard(): void {
    this.#agents.drop(this);
    this.ref.isOver = true;
    // Collection may take long to come; the actor has a handle of its own.
    this.cell!.bonds.clearStop();
    this.stopEvent?.dispose();
    this.stopEvent = undefined;
  }
}
