/**
 * The children of a supervisor, in the order of their start, and how one of them is started, stopped and forgotten. When is decided elsewhere: by `calls.ts` and `restarts.ts`.
 *
 * ```
 *             start ok                    exit, to be restarted
 *  stopped ─────────────▶ running ──────────────────────────────▶ restarting ──▶ running, or again restarting
 *     ▲                      │ terminateChild, or not restarted        │ terminateChild
 *     └──────────────────────┴─────────────────────────────────────────┘
 * ```
 *
 * A child's address is its spec's: a restarted child answers to the same ref, and messages that waited are handled by the new instance.
 */
import type { Cell } from '../runtime/cell.ts';
import type { Started } from '../runtime/cell/state.ts';
import { createCell } from '../runtime/spawn.ts';
import type { FullOptions, FullSpec } from './child-spec.ts';
import { exit, isAbnormal } from './exit-reason.ts';
import type { ExitReason } from './exit-reason.ts';
import type { ChildCount, ChildInfo } from './protocol.ts';
import type { ActorRef } from '../runtime/ref.ts';

/** What a supervisor knows of a child. */
export interface Child {
  spec: FullSpec;
  cell: Cell | undefined;
  /** What the cell was started with last. */
  made: FullSpec | undefined;
  status: ChildInfo['status'];
  /** Which of its cell's lives the status speaks of; exits of others are old news. */
  life: number;
  /** When it was restarted, if it has a budget of its own. */
  restarts: readonly number[];
}

export class Children {
  /** The supervisor's own. */
  readonly cell: Cell;
  options: FullOptions;
  /** By id, in the order of their start; empty in a dynamic supervisor, whose children have none. */
  #byId = new Map<string, Child>();
  /** By the number of the cell, and so of the ref. */
  readonly #byNumber = new Map<number, Child>();
  readonly #incarnation: number;

  constructor(cell: Cell, options: FullOptions) {
    this.cell = cell;
    this.options = options;
    this.#incarnation = cell.incarnation;
  }

  /** Whether the supervisor that these belong to is still the one in its cell. */
  get isCurrent(): boolean {
    return this.#incarnation === this.cell.incarnation;
  }

  get isDynamic(): boolean {
    return this.options.strategy === 'dynamic';
  }

  /** In the order of their start. */
  get all(): Child[] {
    return [...(this.isDynamic ? this.#byNumber.values() : this.#byId.values())];
  }

  withId(id: string): Child | undefined {
    return this.#byId.get(id);
  }

  withRef(ref: ActorRef<never> | undefined): Child | undefined {
    return ref === undefined ? undefined : this.#byNumber.get(ref.id);
  }

  ofCell(cell: Cell): Child | undefined {
    return this.#byNumber.get(cell.id);
  }

  enter(spec: FullSpec): Child {
    const child: Child = {
      spec,
      cell: undefined,
      made: undefined,
      status: 'stopped',
      life: -1,
      restarts: [],
    };
    if (!this.isDynamic) this.#byId.set(spec.id, child);
    return child;
  }

  /** Forgets the child and its spec; what waits for it is dead. */
  drop(child: Child): void {
    child.status = 'stopped';
    if (!this.isDynamic && this.#byId.get(child.spec.id) === child) this.#byId.delete(child.spec.id);
    if (child.cell !== undefined) this.#leave(child.cell);
  }

  /** It is stopped; its spec stays, unless it is temporary or one of a dynamic supervisor's. */
  rest(child: Child): void {
    if (child.spec.restart === 'temporary' || this.isDynamic) return this.drop(child);
    this.keep(child);
  }

  /** It is stopped, and its spec stays whatever it is. */
  keep(child: Child): void {
    child.status = 'stopped';
    child.cell?.discard();
  }

  /** Starts a child. One that ignores is laid to rest. */
  async start(child: Child, isRestart = false): Promise<Started> {
    const started = await this.attempt(child, isRestart);
    if (started.outcome === 'ignore') this.rest(child);
    return started;
  }

  /** Starts a child; the caller sees to one that ignores, or fails. */
  async attempt(child: Child, isRestart = false): Promise<Started> {
    // Killed meanwhile: nobody would ever stop what we start now.
    if (!this.isCurrent) return { outcome: 'error', reason: exit.killed };
    const cell = this.#cellFor(child);
    if (isRestart) cell.bonds.livesSoFar.restarts += 1;
    child.life = cell.life;
    const started = await cell.start();
    // It may have ended already, in the turn that this await cost; then its exit waits in our lane.
    if (started.outcome === 'ok') child.status = 'running';
    return started;
  }

  #cellFor(child: Child): Cell {
    const { spec } = child;
    if (child.cell !== undefined && !this.#fits(child)) {
      // The spec goes on with another cell, under another ref.
      this.#leave(child.cell);
      child.cell = undefined;
    }
    child.made = spec;
    if (child.cell !== undefined) {
      const { cell } = child;
      if (cell.agent === undefined) cell.actor = spec.start;
      cell.args = spec.args;
      cell.revive();
      return cell;
    }
    const label = this.isDynamic ? undefined : spec.id;
    let cell = this.cell.children.takeFormer(label, spec.start);
    if (cell === undefined) cell = createCell(this.cell, spec.start, spec.args, spec.options, label);
    else cell.revive();
    cell.args = spec.args;
    cell.supervised = true;
    child.cell = cell;
    this.#byNumber.set(cell.id, child);
    return cell;
  }

  /** Whether the child's cell can run what its spec says now: one that stands for an actor elsewhere is bound to it. */
  #fits({ cell, made, spec }: Child): boolean {
    if (made === spec || made === undefined) return true;
    if (placementOf(made) !== placementOf(spec)) return false;
    return cell?.agent === undefined || made.start === spec.start;
  }

  #leave(cell: Cell): void {
    this.#byNumber.delete(cell.id);
    cell.discard();
    cell.runtime.forget?.(cell);
    this.cell.children.remove(cell);
  }

  /** Ends a child and waits for that. Reports what wasn't expected. `drain`: it handles first what it has accepted. */
  async stop(child: Child, drain: boolean): Promise<void> {
    const { cell, spec, status } = child;
    child.status = 'stopped';
    if (cell === undefined || status !== 'running') return;
    const reason = await new Promise<ExitReason>(resolve => {
      if (cell.alive) cell.leaving = true;
      cell.requestStop(spec.shutdown, drain, exit.shutdown, resolve);
    });
    // What was asked for; and a child that may end by itself may also have done so just before.
    const asked =
      spec.shutdown === 'brutal'
        ? reason.type === 'killed'
        : reason.type === 'shutdown' && !('detail' in reason);
    const expected = asked || (!isAbnormal(reason) && spec.restart !== 'permanent');
    // A supervisor that was killed meanwhile, and its children with it, has nothing to say.
    if (!expected && this.isCurrent) this.report('shutdownError', child, reason);
  }

  /** Last started first, one by one; those of a dynamic supervisor all at once. */
  async stopAll(): Promise<void> {
    if (this.isDynamic) {
      await Promise.all(
        this.all.map(async child => {
          await this.stop(child, true);
          this.drop(child);
        }),
      );
      return;
    }
    for (const child of this.all.reverse()) {
      await this.stop(child, true);
      child.cell?.discard();
    }
  }

  /**
   * Takes over new options: children known by their id keep running and use the new spec from their next start on, new ones aren't started, missing
   * ones stay, behind the others. Source: OTP's `code_change`.
   */
  reconfigure(options: FullOptions): void {
    this.options = options;
    if (this.isDynamic) {
      const [template] = options.children;
      // Each has its own arguments, and all else from the template as it is now.
      for (const child of this.#byNumber.values()) child.spec = { ...template!, args: child.spec.args };
      return;
    }
    const old = this.#byId;
    this.#byId = new Map();
    for (const spec of options.children) {
      const known = old.get(spec.id);
      old.delete(spec.id);
      if (known === undefined) this.enter(spec);
      else {
        known.spec = spec;
        this.#byId.set(spec.id, known);
      }
    }
    for (const [id, child] of old) this.#byId.set(id, child);
  }

  /** Newest first. */
  list(): ChildInfo[] {
    return this.all
      .map(({ spec, cell, status }) => ({
        id: this.isDynamic ? undefined : spec.id,
        ref: status === 'running' ? (cell!.ref as ActorRef<never>) : undefined,
        status,
        type: spec.type,
      }))
      .reverse();
  }

  count(): ChildCount {
    const { all } = this;
    const supervisors = all.filter(({ spec }) => spec.type === 'supervisor').length;
    return {
      specs: this.isDynamic ? 1 : all.length,
      active: all.filter(({ status, cell }) => status === 'running' && cell!.alive).length,
      supervisors,
      workers: all.length - supervisors,
    };
  }

  report(
    error: 'childTerminated' | 'startError' | 'shutdownError' | 'shutdown',
    child: Child,
    reason: ExitReason,
  ): void {
    const id = this.isDynamic ? child.cell?.name : child.spec.id;
    this.cell.runtime.report({ type: 'supervisor', path: this.cell.path, error, child: id, reason });
  }
}

function placementOf({ start, options }: FullSpec): string {
  return JSON.stringify(options.placement ?? start.options.placement ?? 'parent');
}
